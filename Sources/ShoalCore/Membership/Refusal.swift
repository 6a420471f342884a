/// Why a member would not admit a newcomer, or a client.
public enum Refusal: UInt8, Sendable, Hashable, BitwiseCopyable, CaseIterable, Error {
  /// A living member has the name. Final.
  case nameTaken = 1
  /// No version of the protocol is spoken by both. Final.
  case noCommonVersion = 2
  /// The record breaks a limit. Final.
  case invalidRecord = 3
  /// The asked node is not in a cluster itself yet. Try again.
  case notAdmitted = 4
  /// Too many are joining here at once. Try again.
  case busy = 5
  /// The cluster is at its member limit. Try again.
  case full = 6
  /// The cluster has another policy of coordination. Final.
  case otherPolicy = 7
  /// An operator has evicted this process. Final: a new process may join.
  case evicted = 8
  /// As many clients as it takes are connected to the asked member. Ask another, or again later.
  case tooManyClients = 9
  /// A client has come under the NodeID of a member. Final.
  case memberIdentity = 10

  /// Whether trying again cannot help.
  package var isFinal: Bool {
    switch self {
    case .nameTaken, .noCommonVersion, .invalidRecord, .otherPolicy, .evicted, .memberIdentity: true
    case .notAdmitted, .busy, .full, .tooManyClients: false
    }
  }
}
