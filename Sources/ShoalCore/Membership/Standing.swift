/// A member's status, since when it holds here, and the token of its latest news, in eight bytes.
struct Standing: BitwiseCopyable {
  // Two bits of status, twenty of token, forty-two of time.
  private var packed: UInt64

  private static let tokenMask: UInt64 = 0xF_FFFF

  /// What stands in a slot that nobody has occupied yet: nothing living.
  static var unused: Standing { Standing(packed: UInt64(MemberStatus.left.rawValue)) }

  private init(packed: UInt64) { self.packed = packed }

  var status: MemberStatus { MemberStatus(rawValue: UInt8(truncatingIfNeeded: packed & 3)) ?? .left }
  /// Wall milliseconds.
  var since: UInt64 { packed >> 22 }
  /// Raised whenever fresh news is queued, so that older queue entries fall away. It begins anew after a million; an entry stays in
  /// the queue for a few hundred at most.
  var newsToken: UInt32 { UInt32(truncatingIfNeeded: packed >> 2 & Self.tokenMask) }

  /// - Parameter since: wall milliseconds; what does not fit 42 bits (it does until 2109) is cut off.
  mutating func change(to status: MemberStatus, since: UInt64) {
    packed = since << 22 | UInt64(newsToken) << 2 | UInt64(status.rawValue)
  }

  /// Holds for nobody from now on; the token goes on with the next occupant of the slot.
  mutating func vacate() { change(to: .left, since: 0) }

  mutating func raiseNewsToken() {
    let raised = (UInt64(newsToken) &+ 1) & Self.tokenMask
    packed = packed & ~(Self.tokenMask << 2) | raised << 2
  }
}
