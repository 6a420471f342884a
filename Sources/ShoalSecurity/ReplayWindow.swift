/// Which of a sender's recent counters have been seen: the highest one and the 63 below it (RFC 4303 §3.4.3).
package struct ReplayWindow: BitwiseCopyable {
  /// How far a datagram may be overtaken by later ones and still be taken.
  package static let width: UInt64 = 64

  package init() {}

  private var highest: UInt64 = 0
  /// Bit n stands for `highest - n`.
  private var seen: UInt64 = 0

  /// Whether this counter would be new. Changes nothing: the datagram has yet to prove itself.
  package func accepts(_ counter: UInt64) -> Bool {
    if seen == 0 || counter > highest { return true }
    let distance = highest - counter
    return distance < Self.width && seen & (1 << distance) == 0
  }

  /// Marks the counter of a datagram that has proved itself.
  package mutating func mark(_ counter: UInt64) {
    if seen == 0 {
      highest = counter
      seen = 1
    } else if counter > highest {
      let shift = counter - highest
      seen = shift < Self.width ? seen << shift | 1 : 1
      highest = counter
    } else if highest - counter < Self.width {
      seen |= 1 << (highest - counter)
    }
  }
}
