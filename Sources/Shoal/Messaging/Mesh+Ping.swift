import NIOCore
public import ShoalCore

/// Which way a ping takes.
public enum PingPath: Sendable, Hashable, CaseIterable {
  /// One UDP packet each way, as the failure detector sends them. Either may be lost.
  case datagram
  /// A request over the sealed TCP connection of the two, which is made first when there is none.
  case channel
}

extension Mesh {
  /// Measures one round trip to a member. Its node answers by itself, whatever handlers it has and however busy they are.
  ///
  /// Over UDP the time is taken by this node's event loop; over the channel by the caller, so it holds two hops between tasks as well. A
  /// ping without an answer leads to nothing but the error: nobody is suspected for it.
  ///
  /// - Parameter deadline: how long to wait for the answer. Default 2 s.
  /// - Throws: `MessageError`: `.deadlineExceeded`, `.notMember`, `.outboxFull` when 64 pings over UDP wait for answers already, or why the
  ///   request did not arrive.
  public func ping(
    _ peer: NodeID, over path: PingPath = .datagram, deadline: Duration = .seconds(2)
  ) async throws(MessageError) -> Duration {
    guard driver.read({ $0.isLivingPeer(peer) }) else { throw phase == .stopped ? .stopped : .notMember(peer) }
    switch path {
    case .datagram:
      let timeout = Nanoseconds(deadline)
      return try await driver.pings.ping(peer, deadline: deadline) { [driver] token in
        driver.eventLoop.execute {
          driver.step { engine, now, outbox in
            engine.measure(peer, token: token, timeout: timeout, now: now, into: &outbox)
          }
        }
      }
    case .channel:
      let start = SystemClock.now().monotonic
      // In the lane that nobody's handlers hold back.
      let request = MessageGate.Draft(
        kind: .request, peer: peer, lane: .replies, name: Message.pingName, payload: [])
      _ = try await driver.gate.ask(request, timeout: deadline)
      return .nanoseconds(Int64(clamping: SystemClock.now().monotonic.since(start)))
    }
  }
}
