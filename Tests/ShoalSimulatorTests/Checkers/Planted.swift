import ShoalCore

/// Members as a checker sees them, made by hand.
enum Planted {
  static let id = NodeID(high: 0xA1, low: 0xA2)

  static func member(
    _ status: MemberStatus, at incarnation: UInt64, tags: [String: String] = [:], seniority: UInt64 = 3
  ) -> Member {
    Member(
      Record(
        id: id, incarnation: incarnation, seniority: seniority, role: .member, versions: .current, salt: 1,
        endpoint: Endpoint(v4: 0x0A00_0001, port: 1), name: "a", tags: tags, supersedes: nil),
      status: status, leaveReason: status == .left ? .left : nil)
  }
}
