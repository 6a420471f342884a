/// The keys that a node accepts: the first one seals, each one opens what was sealed with it.
///
/// A packet names its key by id; no key is tried on suspicion.
package struct Keyring: Sendable {
  package let keys: [ClusterKey]

  package init(_ key: ClusterKey) { keys = [key] }

  /// Several keys, the one that seals first.
  ///
  /// - Throws: `KeyError` when there is none, and when two have the same id: a packet could not say which it means.
  package init(_ keys: [ClusterKey]) throws(KeyError) {
    guard !keys.isEmpty else { throw KeyError(message: "a keyring needs at least one key") }
    for (position, key) in keys.enumerated() where keys[..<position].contains(where: { $0.id == key.id }) {
      throw KeyError(message: "two keys have the id \(key.id); make another one")
    }
    self.keys = keys
  }

  package var sealing: ClusterKey { keys[0] }

  package func key(_ id: UInt32) -> ClusterKey? {
    // An index, not a closure: this runs once per datagram.
    for position in keys.indices where keys[position].id.raw == id { return keys[position] }
    return nil
  }
}
