import ShoalCore
import ShoalSecurity

/// One node's sealing layer, with what it knows of others at hand.
struct Sealer: ~Copyable {
  var sealed: SealedDatagram
  let id: NodeID
  let salt: UInt64
  var known: [UInt64: Peer] = [:]
  var now = Now(monotonic: Instant(nanoseconds: 1_000_000_000), wallMilliseconds: 1_000)

  init(_ id: NodeID, key: ClusterKey, salt: UInt64 = 1, clusterID: String = "test") {
    self.init(id, keyring: Keyring(key), salt: salt, clusterID: clusterID)
  }

  init(_ id: NodeID, keyring: Keyring, salt: UInt64 = 1, clusterID: String = "test") {
    self.id = id
    self.salt = salt
    sealed = SealedDatagram(identity: id, clusterID: clusterID, keyring: keyring, salt: salt)
  }

  mutating func knows(_ id: NodeID, salt: UInt64, isLiving: Bool = true, isNeverForgotten: Bool = true) {
    known[id.handle] = Peer(id: id, salt: salt, isLiving: isLiving, isNeverForgotten: isNeverForgotten)
  }

  mutating func seal(_ plaintext: [UInt8], for receiver: NodeID) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: plaintext.count + SealedDatagram.overhead)
    let count = unsafe output.withUnsafeMutableBytes {
      unsafe sealed.seal(plaintext.rawSpan, for: receiver, into: $0)
    }
    return Array(output[..<count])
  }

  /// What became of a datagram, in values that a test can compare.
  enum Outcome: Equatable {
    case message(NodeID, [UInt8])
    case answered([UInt8])
    case proved(NodeID)
    case rejected
  }

  mutating func open(_ datagram: [UInt8]) -> Outcome {
    var bytes = datagram
    let (now, known) = (now, known)
    return unsafe bytes.withUnsafeMutableBytes { buffer in
      switch unsafe sealed.open(buffer, now: now, known: { known[$0] }) {
      case .message(let id, let range): .message(id, unsafe Array(buffer[range]))
      case .answered: .answered(sealed.reply)
      case .proved(let id): .proved(id)
      case .rejected: .rejected
      }
    }
  }

  func counter(_ name: String) -> UInt64 { sealed.counters.all.first { $0.name == name }?.value ?? 0 }
}

enum Identities {
  static let alice = NodeID(high: 0xA1, low: 0xA2)
  static let bob = NodeID(high: 0xB1, low: 0xB2)
  static let carol = NodeID(high: 0xC1, low: 0xC2)
  static let keyText = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
  static func key() throws -> ClusterKey { try ClusterKey(base64: keyText) }
}
