/// The identity of one process: 128 random bits, drawn anew at every start.
///
/// A restart under the same name is another `NodeID`. Ordered by its bits, high half first; the order breaks ties of seniority.
public struct NodeID: Hashable, Comparable, Sendable, BitwiseCopyable {
  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The part that a datagram carries in clear: it names the sender to whoever knows it already.
  package var handle: UInt64 { high }

  /// All zero: "nobody in particular", as when a seed is dialled whose identity is not known yet. Never drawn.
  package static var unknown: NodeID { NodeID(high: 0, low: 0) }

  public static func < (left: NodeID, right: NodeID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  /// Draws an identity from the given generator.
  package init(drawnFrom random: inout PRNG) {
    self.init(high: random.next() | 1, low: random.next())
  }
}

extension NodeID: CustomStringConvertible, LosslessStringConvertible {
  /// 32 lower-case hexadecimal digits.
  public var description: String { Hexadecimal.digits(high) + Hexadecimal.digits(low) }

  /// The first eight digits, for logs read by people.
  public var short: String { String(Hexadecimal.digits(high).prefix(8)) }

  public init?(_ description: String) {
    guard description.utf8.count == 32,
      let high = UInt64(description.prefix(16), radix: 16),
      let low = UInt64(description.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }
}

/// Fixed-width hexadecimal without Foundation.
package enum Hexadecimal {
  /// 16 lower-case digits of `value`.
  package static func digits(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
