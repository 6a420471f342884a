/// A member's status and since when it holds here, in eight bytes.
struct Standing: BitwiseCopyable {
  private var packed: UInt64

  /// - Parameter since: wall milliseconds; what does not fit 56 bits (two million years) is cut off.
  init(_ status: MemberStatus, since: UInt64) {
    packed = since << 8 | UInt64(status.rawValue)
  }

  /// What stands in a slot that nobody occupies: nothing living.
  static var vacant: Standing { Standing(.left, since: 0) }

  var status: MemberStatus { MemberStatus(rawValue: UInt8(truncatingIfNeeded: packed)) ?? .left }
  /// Wall milliseconds.
  var since: UInt64 { packed >> 8 }
}
