/// What must hold of sealed datagrams: no nonce twice, no datagram taken twice, nothing gained by tampering, no amplification.
package struct SealChecker {
  /// Handle and salt: what a counter counts under.
  private struct Stream: Hashable {
    let handle: UInt64
    let salt: UInt64
  }

  private struct Taken: Hashable {
    let receiver: Int32
    let stream: Stream
    let counter: UInt64
  }

  // Looked up, never iterated.
  private var highest: [Stream: UInt64] = [:]
  private var taken: Set<Taken> = []

  package init() {}

  /// Takes in a datagram that was sealed now. Within a handle and salt the counter must rise, so that no nonce repeats.
  package mutating func sealed(handle: UInt64, salt: UInt64, counter: UInt64) -> Finding? {
    let stream = Stream(handle: handle, salt: salt)
    let before = highest.updateValue(counter, forKey: stream) ?? 0
    guard counter <= before else { return nil }
    return Finding(
      invariant: .noNonceRepeats, sentence: "it sealed under counter \(counter) after \(before), with one salt")
  }

  /// Takes in a datagram whose contents were handed to the engine.
  package mutating func opened(
    by receiver: Int32, handle: UInt64, salt: UInt64, counter: UInt64, mustNotOpen: Bool
  ) -> Finding? {
    if mustNotOpen {
      return Finding(invariant: .tamperingChangesNothing, sentence: "it took a datagram that was tampered with")
    }
    let entry = Taken(receiver: receiver, stream: Stream(handle: handle, salt: salt), counter: counter)
    guard !taken.insert(entry).inserted else { return nil }
    return Finding(invariant: .tamperingChangesNothing, sentence: "it took one datagram twice")
  }

  /// Takes in an answer that was given before the sender was known.
  package func answered(_ received: Int, with sent: Int) -> Finding? {
    guard sent > received else { return nil }
    return Finding(
      invariant: .withinBudget, sentence: "it answered \(received) bytes of a stranger with \(sent)")
  }
}
