import ShoalCore
import ShoalSecurity

/// Somebody without the cluster's key who makes datagrams up: none may change anything at whoever gets it.
struct Forger {
  private var random: PRNG

  init(seed: UInt64) { random = PRNG(seed: seed) }

  /// One datagram for `receiver` that pretends to come from `sender`, whose salt is known from what it sends in clear.
  mutating func make(
    from sender: NodeID, salt: UInt64, for receiver: NodeID, clusterKey: ClusterKey?
  ) -> [UInt8] {
    switch random.below(5) {
    case 0: return randomBytes(random.below(200))
    case 1: return envelope(of: sender, salt: salt, key: clusterKey) + randomBytes(24 + random.below(100))
    case 2: return sealed(from: sender, salt: salt, for: receiver, key: WorldSealing.foreignKey, WorldSealing.clusterID)
    case 3: return relabelled(from: sender, salt: salt, for: receiver, clusterKey: clusterKey)
    default: return sealed(from: sender, salt: salt, for: receiver, key: clusterKey, "another cluster")
    }
  }

  /// A well-formed head with nothing authentic behind it.
  private mutating func envelope(of sender: NodeID, salt: UInt64, key: ClusterKey?) -> [UInt8] {
    var bytes: [UInt8] = [1 | UInt8(random.below(3)) << 4]
    bytes.write(key?.id.raw ?? 0)
    bytes.write(sender.handle)
    bytes.write(salt)
    bytes.write(random.next() >> UInt64(random.below(64)))
    return bytes
  }

  /// Sealed under a foreign key, with the id of the cluster's own.
  private mutating func relabelled(
    from sender: NodeID, salt: UInt64, for receiver: NodeID, clusterKey: ClusterKey?
  ) -> [UInt8] {
    var bytes = sealed(
      from: sender, salt: salt, for: receiver, key: WorldSealing.foreignKey, WorldSealing.clusterID)
    var id: [UInt8] = []
    id.write(clusterKey?.id.raw ?? 0)
    if bytes.count > 5 { bytes.replaceSubrange(1..<5, with: id) }
    return bytes
  }

  private mutating func sealed(
    from sender: NodeID, salt: UInt64, for receiver: NodeID, key: ClusterKey?, _ clusterID: String
  ) -> [UInt8] {
    guard let key else { return randomBytes(100) }
    var sealer = SealedDatagram(
      identity: sender, clusterID: clusterID, key: key, salt: salt, random: .seeded(random.next()))
    let plaintext = randomBytes(30 + random.below(60))
    var output = [UInt8](repeating: 0, count: plaintext.count + SealedDatagram.overhead)
    // Counters like those of a process that has sent for a while.
    for _ in 0...random.below(3) {
      _ = unsafe output.withUnsafeMutableBytes { unsafe sealer.seal(plaintext.rawSpan, for: receiver, into: $0) }
    }
    return output
  }

  private mutating func randomBytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }
}
