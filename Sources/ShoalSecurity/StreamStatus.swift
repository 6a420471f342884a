import ShoalCore

/// The one byte in clear that a responder answers with before its message, or instead of it.
///
/// Anyone on the path can write it: what it says is a hint for a person, never evidence.
enum StreamStatus {
  static let accepted: UInt8 = 0
  static let unknownKey: UInt8 = 1
  static let handshakeFailed: UInt8 = 2
  static let noCommonVersion: UInt8 = 3
  static let wrongPeer: UInt8 = 4

  /// What a refusal means to the initiator.
  static func failure(_ status: UInt8) -> StreamFailure {
    switch status {
    case unknownKey: .unknownKey
    case handshakeFailed: .wrongCluster
    case noCommonVersion: .noCommonVersion
    case wrongPeer: .wrongPeer
    default: .reset
    }
  }
}
