/// What a member says of its standing beyond its role.
public struct MemberFlags: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Its configuration excludes it, for as long as its process lives.
  public static let notEligible = MemberFlags(rawValue: 1 << 0)
  /// An operator drains it, until it is told otherwise.
  public static let draining = MemberFlags(rawValue: 1 << 1)
  /// It has abdicated, and stands aside until the reign after its own is over.
  public static let abdicated = MemberFlags(rawValue: 1 << 2)

  /// Those that keep a member from coordinating.
  static let excluding: MemberFlags = [.notEligible, .draining, .abdicated]

  private static let named: [(flag: MemberFlags, name: String)] = [
    (.notEligible, "notEligible"), (.draining, "draining"), (.abdicated, "abdicated"),
  ]

  /// As API, CLI and logs show them: notEligible, draining, abdicated. Those of later versions are left out.
  public var names: [String] { Self.named.filter { contains($0.flag) }.map(\.name) }
}
