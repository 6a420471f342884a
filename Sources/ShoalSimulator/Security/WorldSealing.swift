import ShoalCore
import ShoalSecurity

/// The keys of a world, and the randomness of its sealing: all from the seed, so that the same seed gives the same bytes.
struct WorldSealing {
  static let clusterID = "simulated"

  let isReal: Bool
  private var random: PRNG
  /// The generations of keys that every node accepts, oldest first, without gaps.
  private(set) var accepted = 0..<1

  init(_ sealing: World.Sealing, seed: UInt64) {
    random = PRNG(seed: seed)
    isReal = sealing == .real
  }

  /// What one process seals and opens its datagrams with; nil where sealing is only counted.
  mutating func makeSealed(_ identity: NodeID, salt: UInt64) -> SealedDatagram? {
    guard isReal, let keyring = keyring(sealingWith: accepted.lowerBound) else { return nil }
    return SealedDatagram(
      identity: identity, clusterID: Self.clusterID, keyring: keyring, salt: salt, random: .seeded(random.next()))
  }

  /// 32 bytes for a handshake.
  mutating func drawSecret() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for _ in 0..<4 { bytes.write(random.next()) }
    return bytes
  }

  // MARK: Keys

  /// A generation's key; nil where sealing is only counted.
  func key(_ generation: Int) -> ClusterKey? { isReal ? Self.clusterKeys[generation % Self.clusterKeys.count] : nil }

  /// The key that has been accepted for longest.
  var oldestKey: ClusterKey? { key(accepted.lowerBound) }

  /// Everything that is accepted, the key of one generation first.
  func keyring(sealingWith generation: Int) -> Keyring? {
    let others = accepted.filter { $0 != generation }
    return try? Keyring(([generation] + others).compactMap { key($0) })
  }

  /// Accepts one more generation; nil when there are as many as there may be.
  mutating func addKey() -> Int? {
    guard accepted.count < Self.clusterKeys.count else { return nil }
    accepted = accepted.lowerBound..<accepted.upperBound + 1
    return accepted.upperBound - 1
  }

  /// Removes what came before a generation.
  mutating func removeKeys(before generation: Int) {
    accepted = max(accepted.lowerBound, min(generation, accepted.upperBound - 1))..<accepted.upperBound
  }

  /// Those that a world uses in turn: a fifth generation is the first one's key again.
  private static let clusterKeys = [0x51, 0x53, 0x54, 0x55].map { key(filledWith: $0) }
  /// A key that the cluster does not hold.
  static let foreignKey = key(filledWith: 0x52)

  private static func key(filledWith byte: UInt8) -> ClusterKey {
    do {
      return try ClusterKey(bytes: [UInt8](repeating: byte, count: 32))
    } catch {
      preconditionFailure("a world with real sealing needs locked memory: \(error)")
    }
  }
}
