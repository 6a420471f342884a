import ShoalCore
import ShoalSecurity

/// The keys of a world, and the randomness of its sealing: all from the seed, so that the same seed gives the same bytes.
struct WorldSealing {
  static let clusterID = "simulated"

  /// The cluster's key; nil where sealing is only counted.
  let key: ClusterKey?
  private var random: PRNG

  init(_ sealing: World.Sealing, seed: UInt64) {
    random = PRNG(seed: seed)
    key = sealing == .real ? Self.clusterKey : nil
  }

  /// What one process seals and opens its datagrams with; nil where sealing is only counted.
  mutating func makeSealed(_ identity: NodeID, salt: UInt64) -> SealedDatagram? {
    guard let key else { return nil }
    return SealedDatagram(
      identity: identity, clusterID: Self.clusterID, key: key, salt: salt, random: .seeded(random.next()))
  }

  /// 32 bytes for a handshake.
  mutating func drawSecret() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for _ in 0..<4 { bytes.write(random.next()) }
    return bytes
  }

  private static let clusterKey = key(filledWith: 0x51)
  /// A key that the cluster does not hold, such as one that it has removed.
  static let foreignKey = key(filledWith: 0x52)

  private static func key(filledWith byte: UInt8) -> ClusterKey {
    do {
      return try ClusterKey(bytes: [UInt8](repeating: byte, count: 32))
    } catch {
      preconditionFailure("a world with real sealing needs locked memory: \(error)")
    }
  }
}
