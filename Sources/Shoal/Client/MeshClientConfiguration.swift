public import Logging
public import ShoalCore
public import Tracing

/// How a client behaves; where it connects to, and with which key, it is told when it connects.
public struct MeshClientConfiguration: Sendable {
  /// The cluster's. Default `shoal`, 1 to 64 bytes.
  public var clusterID = "shoal"
  /// Runs without a key of one's own, against a cluster that does so, too. Default false.
  public var insecure = false
  /// What the client does with messages from members. Default: nothing; requests are refused.
  public var handlers = MessageHandlers()
  /// When it looks for members, and how long it waits for them.
  public var client = ClientConfiguration()
  /// Limits and timings of its sessions.
  public var messaging = MessagingConfiguration()
  /// What makes spans around messages. Default nil: what the process has bootstrapped, if anything.
  public var tracer: (any Tracer)?
  /// Default: a logger labelled `shoal`.
  public var logger = Logger(label: "shoal")

  public init(clusterID: String = "shoal") { self.clusterID = clusterID }

  /// Throws the first setting that cannot work, with its value and what to do.
  public func validate() throws(MeshError) {
    guard (1...64).contains(clusterID.utf8.count) else {
      throw MeshError(.invalidConfiguration, "clusterID is \"\(clusterID)\", but must be 1 to 64 bytes of UTF-8")
    }
    do {
      try client.validate()
      try messaging.validate()
    } catch { throw MeshError(.invalidConfiguration, "\(error)") }
  }
}
