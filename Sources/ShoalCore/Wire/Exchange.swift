/// Question and answer: several sends of one question share the upper bits of their sequence numbers, and each has its own lower ones,
/// so that an answer says which of them it answers.
enum Exchange {
  /// So many sends have numbers of their own.
  static let attempts: UInt32 = 8

  /// What all sends of one exchange share: the sequence number of the first one.
  static func number(of sequence: UInt32) -> UInt32 { sequence & ~(attempts - 1) }

  /// Which send it is, from 0 on.
  static func attempt(of sequence: UInt32) -> UInt32 { sequence & (attempts - 1) }

  /// The number of the exchange that follows.
  static func number(after sequence: UInt32) -> UInt32 { number(of: sequence) &+ attempts }
}
