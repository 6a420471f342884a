/// What a user asks of a node.
package enum Command: Sendable {
  /// Enter a cluster through any of `seeds`; with none (or only ourselves) found one.
  case join(seeds: [SeedAddress])
  /// Tell everybody and stop. `stopped` follows when the farewell was sent: after 0.6 s, and up to 2 s later in a newcomer that has not
  /// got the table yet.
  case leave
  /// Use a fresh salt from now on: raises the incarnation and tells everybody.
  case renewSalt(UInt64)
  /// Replace this node's tags; raises the incarnation, unless they are the same.
  case setTags([String: String])
  /// Replace this node's metadata; raises its version and the incarnation. At most `MetadataLimits.bytes`; more is counted and
  /// changes nothing, and neither do the bytes that it has already.
  case setMetadata([UInt8])
  /// The memory of this version, which the outbox had, is safe from a crash.
  case memoryKept(UInt64)
}

/// A seed as the user wrote it: an address, or a host name to be resolved at each attempt.
package enum SeedAddress: Hashable, Sendable {
  case endpoint(Endpoint)
  case host(String, port: UInt16)
}
