/// The keys that a node accepts: the first one seals, each one opens what was sealed with it.
///
/// A packet names its key by id; no key is tried on suspicion.
package struct Keyring: Sendable {
  package let keys: [ClusterKey]

  package init(_ key: ClusterKey) { keys = [key] }

  package var sealing: ClusterKey { keys[0] }

  package func key(_ id: UInt32) -> ClusterKey? { keys.first { $0.id.raw == id } }
}
