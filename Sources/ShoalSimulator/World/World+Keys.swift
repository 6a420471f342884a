import ShoalCore
import ShoalSecurity

/// A rotation that goes on: its fault, and the generation of its key.
struct ActiveRotation {
  let id: FaultID
  let generation: Int
}

/// Keys that are rotated while the cluster runs: accepted everywhere first, then used, and the old one removed last.
extension World {
  /// After a key is used everywhere, packets that were sealed before it still arrive for so long.
  private static let keyGrace = Nanoseconds.seconds(2)

  func beginRotation(_ id: FaultID, by names: [String]) {
    guard let generation = sealing.addKey() else { return }
    rotations.append(ActiveRotation(id: id, generation: generation))
    faults.keyRotations += 1
    if active.contains(where: { [.split, .cut, .flap].contains($0.fault.kind) }) { faults.rotationsInSplits += 1 }
    for name in names { node(named: name)?.keyGeneration = generation }
    handOutKeys()
  }

  /// Everybody seals with the new key; does nothing when the fault is no rotation.
  func endRotation(_ id: FaultID) {
    guard let position = rotations.firstIndex(where: { $0.id == id }) else { return }
    let generation = rotations.remove(at: position).generation
    for node in nodes where node.endedAt == nil { node.keyGeneration = max(node.keyGeneration, generation) }
    handOutKeys()
    queue.add(.keysRetire(Int32(truncatingIfNeeded: generation)), at: clock + Self.keyGrace)
  }

  func keysRetire(before generation: Int) {
    sealing.removeKeys(before: generation)
    handOutKeys()
  }

  private func handOutKeys() {
    for node in nodes where node.endedAt == nil {
      node.keyGeneration = max(node.keyGeneration, sealing.accepted.lowerBound)
      if let keyring = sealing.keyring(sealingWith: node.keyGeneration) { node.sealed?.setKeyring(keyring) }
    }
  }
}
