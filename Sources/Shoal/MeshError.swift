import ShoalCore

/// Why a node could not start or do what was asked: a code for programs, a sentence for people.
public struct MeshError: Error, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// No key was given and `insecure` was not set.
    case noKey
    /// A setting cannot work; the message names it.
    case invalidConfiguration
    /// Another process listens on the port.
    case portInUse
    /// The address to bind or advertise is not one of this machine's, or does not resolve.
    case addressUnavailable
    /// Every seed that answered holds another key.
    case wrongKey
    /// Every seed that answered belongs to another cluster id.
    case wrongCluster
    /// No protocol version is spoken by both.
    case noCommonVersion
    /// A living member has this name.
    case nameTaken
    /// The cluster derives its coordinator by another policy.
    case otherPolicy
    /// This node does not coordinate.
    case notCoordinating
    /// Every member that answered has as many clients as it takes.
    case tooManyClients
    /// No member could be reached.
    case unreachable
    /// The record was refused by the cluster.
    case refused
    /// What an operator asked for cannot be done here and now; the message says why.
    case operationRefused
    /// The node has stopped.
    case stopped
  }

  public let code: Code
  /// What was wrong, which value, what to do.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}

extension MeshError {
  /// What a final refusal means for whoever started the node.
  init(_ refusal: Refusal, name: String) {
    switch refusal {
    case .nameTaken:
      self.init(.nameTaken, "the name \"\(name)\" belongs to a living member; choose another, or stop that one first")
    case .noCommonVersion:
      self.init(.noCommonVersion, "the cluster speaks no protocol version that this build speaks; upgrade one of them")
    case .otherPolicy:
      self.init(
        .otherPolicy,
        "the cluster derives its coordinator by another policy than \"\(name)\", by another version of it, or with another quorum or lease; "
          + "configure the same on all nodes")
    case .evicted:
      self.init(
        .refused, "\"\(name)\" was evicted by an operator before it had joined; start it again to join as a new process"
      )
    case .invalidRecord, .notAdmitted, .busy, .full, .tooManyClients, .memberIdentity:
      self.init(.refused, "the cluster refused \"\(name)\": \(refusal)")
    }
  }

  /// What it means that every seed has failed in the same final way; nil when trying again may help.
  init?(_ failures: [JoinFailure]) {
    let causes = failures.map { failure -> StreamFailure? in
      if case .stream(let cause) = failure.cause { cause } else { nil }
    }
    guard let first = causes.first, let cause = first, causes.allSatisfy({ $0 == cause }) else { return nil }
    let seeds = failures.map(\.seed).joined(separator: ", ")
    switch cause {
    case .unknownKey:
      self.init(.wrongKey, "the seed \(seeds) does not hold this key; every node of a cluster needs the same one")
    case .wrongCluster:
      self.init(.wrongCluster, "the seed \(seeds) holds this key, but its cluster id is another; check the cluster id")
    case .noCommonVersion:
      self.init(.noCommonVersion, "the seed \(seeds) speaks another version of the handshake; upgrade one of them")
    case .refused, .timedOut, .unreachable, .wrongPeer, .closedByPeer, .reset, .overloaded: return nil
    }
  }
}

extension JoinFailure {
  /// One sentence for a person.
  var explanation: String {
    switch cause {
    case .unresolvable: "the name of seed \(seed) does not resolve"
    case .refused(let refusal):
      switch refusal {
      case .notAdmitted: "seed \(seed) is not in a cluster itself yet"
      case .busy: "seed \(seed) is busy"
      case .full: "seed \(seed) says that the cluster is full"
      case .nameTaken: "seed \(seed) says that the name is taken"
      case .noCommonVersion: "seed \(seed) speaks no common version"
      case .invalidRecord: "seed \(seed) refused our record"
      case .evicted: "seed \(seed) says that this process was evicted"
      case .otherPolicy: "seed \(seed) derives the coordinator by another policy"
      case .tooManyClients, .memberIdentity: "seed \(seed) does not take this client: \(refusal.clientReason)"
      }
    case .stream(let failure):
      switch failure {
      case .refused: "nobody listens at seed \(seed)"
      case .timedOut: "seed \(seed) did not answer in time"
      case .unreachable: "seed \(seed) cannot be reached"
      case .unknownKey: "seed \(seed) does not hold our key"
      case .wrongCluster: "seed \(seed) belongs to another cluster id"
      case .noCommonVersion: "seed \(seed) speaks another version of the handshake"
      case .wrongPeer: "seed \(seed) is another process than expected"
      case .closedByPeer, .reset: "seed \(seed) closed the connection before it admitted us"
      case .overloaded: "this node is out of descriptors or over a limit"
      }
    }
  }
}

extension Refusal {
  /// Why a member does not take a client, and what to do, to follow a colon.
  var clientReason: String {
    switch self {
    case .tooManyClients:
      "it has as many clients as it takes; connect through another member, close clients that are done, or raise its "
        + "messaging.clientLimit"
    case .memberIdentity: "it knows a member of the same NodeID; connect again, to draw another"
    case .noCommonVersion: "it speaks no common version of the protocol; upgrade one of them"
    case .notAdmitted: "it is not in a cluster itself yet"
    case .nameTaken, .invalidRecord, .busy, .full, .otherPolicy, .evicted: "\(self)"
    }
  }
}

extension MeshError {
  /// Why no member has let a client in.
  init(client failures: [JoinFailure]) {
    if let error = MeshError(failures) {
      self = error
      return
    }
    let isFull = !failures.isEmpty && failures.allSatisfy { $0.cause == .refused(.tooManyClients) }
    let reasons =
      failures.isEmpty ? "no seed leads to another process" : failures.map(\.explanation).joined(separator: "; ")
    self.init(isFull ? .tooManyClients : .unreachable, "no member has let this client in: \(reasons)")
  }
}
