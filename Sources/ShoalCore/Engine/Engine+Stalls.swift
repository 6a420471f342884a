/// What a node does about a stall of its own: while it did not run, nobody else was silent.
extension Engine {
  /// Tells that this node itself did not run, or not on time, for `span`. Called before anything else happens, and before
  /// the datagrams that have waited meanwhile are handed over; `advance` waits until they have been.
  package mutating func stalled(by span: Nanoseconds, now: Now, into outbox: inout Outbox) {
    guard settings.features.contains(.stallGuard) else { return }
    counters.stallsNoticed += 1
  }

  /// Tells that a dialled connection was accepted by the far kernel; whether a process answers there is not known yet.
  package mutating func streamConnected(_ id: StreamID, now: Now, into outbox: inout Outbox) {}
}
