public import Logging
public import ShoalCore
public import ShoalSecurity
public import Tracing

/// How one node enters a mesh and behaves in it.
public struct MeshConfiguration: Sendable {
  /// Unique in the cluster and stable over restarts; 1 to 64 bytes of UTF-8 without control characters.
  public var name: String
  /// Clusters with different ids never mix, even under one key. Default `shoal`, 1 to 64 bytes.
  public var clusterID: String
  /// The key that the cluster shares. Required unless `insecure`.
  public var key: ClusterKey?
  /// Runs without a key of one's own: packets are sealed with a key that everybody has. Default false.
  public var insecure = false
  /// `HOST:PORT` to listen on, UDP and TCP alike. Default `0.0.0.0:7946`; port 0 picks one.
  public var bind: String
  /// `HOST:PORT` under which others reach this node. Default: the bound address; when that is unspecified, the machine's first
  /// address that is not loopback. Port 0 stands for the bound port.
  public var advertise: String?
  /// `HOST:PORT` of members to enter through; names are resolved at every attempt. Empty: this node founds the cluster.
  public var seeds: [String]
  /// Default `member`.
  public var role = MemberRole.member
  /// Small facts that everybody sees; at most 512 bytes in all.
  public var tags: [String: String] = [:]
  /// What is too large for tags: opaque bytes that every member pulls; at most 65,536. Default none.
  public var metadata: [UInt8] = []
  /// A file, which this node alone uses, for what coordination must not forget over restarts: epochs, promises, seats and history. Default
  /// nil: nothing is kept. It is made when it is not there; its folder must exist.
  public var stateFile: String?
  /// Timings and limits. Default `.lan`.
  public var core = CoreConfiguration.lan
  /// What the node does with messages from others. Default: nothing; requests are refused.
  public var handlers = MessageHandlers()
  /// What makes spans around messages. Default nil: what the process has bootstrapped, if anything.
  public var tracer: (any Tracer)?
  /// Default: a logger labelled `shoal`.
  public var logger = Logger(label: "shoal")

  public init(
    name: String, clusterID: String = "shoal", key: ClusterKey?, bind: String = "0.0.0.0:7946", seeds: [String] = []
  ) {
    self.name = name
    self.clusterID = clusterID
    self.key = key
    self.bind = bind
    self.seeds = seeds
  }

  /// Throws the first setting that cannot work, with its value and what to do.
  public func validate() throws(MeshError) {
    if key == nil, !insecure {
      throw MeshError(
        .noKey,
        "no key: make one with `shoal keygen` and give it to every node, or set insecure to run without one")
    }
    guard (1...64).contains(clusterID.utf8.count) else {
      throw MeshError(.invalidConfiguration, "clusterID is \"\(clusterID)\", but must be 1 to 64 bytes of UTF-8")
    }
    do { try core.validate() } catch { throw MeshError(.invalidConfiguration, error.description) }
    _ = try HostPort(bind, setting: "bind")
    if let advertise { _ = try HostPort(advertise, setting: "advertise") }
    for seed in seeds {
      guard try HostPort(seed, setting: "seed").port != 0 else {
        throw MeshError(.invalidConfiguration, "seed \"\(seed)\" has port 0; give the port that the seed listens on")
      }
    }
    // The endpoint is not known yet; any that is valid will do.
    let draft = LocalIdentity(
      id: .unknown, name: name, endpoint: Endpoint(v4: 0x7F00_0001, port: 1), salt: 0, role: role, tags: tags,
      metadata: metadata)
    do { try draft.validate() } catch { throw MeshError(.invalidConfiguration, error.description) }
  }
}

/// A `HOST:PORT` as a person writes it: an IPv4 address, an IPv6 address in brackets, or a name.
struct HostPort: Hashable, Sendable {
  let host: String
  let port: UInt16

  init(_ text: String, setting: String) throws(MeshError) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      throw MeshError(
        .invalidConfiguration, "\(setting) \"\(text)\" is not HOST:PORT, as in 10.0.0.5:7946 or [::1]:7946")
    }
    let host = String(text[..<colon])
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    guard !host.isEmpty, isBracketed || !host.contains(":") else {
      throw MeshError(
        .invalidConfiguration, "\(setting) \"\(text)\" needs a host before the port; IPv6 goes in brackets: [::1]:7946")
    }
    self.host = isBracketed ? String(host.dropFirst().dropLast()) : host
    self.port = port
  }

  var endpoint: Endpoint? { Endpoint(address: host, port: port) }

  var seed: SeedAddress { endpoint.map { .endpoint($0) } ?? .host(host, port: port) }
}
