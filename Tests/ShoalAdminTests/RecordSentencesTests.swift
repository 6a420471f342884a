import Foundation
import ShoalAdmin
import Testing

struct RecordSentencesTests {
  private static let now: UInt64 = 1_772_366_410_250

  private func sentences(
    status: String, details: String, isSelf: Bool = false
  ) throws -> [String] {
    let text = """
      {"member": {"name": "b", "id": "0123456789abcdef0123456789abcdef", "address": "10.0.0.2:7946",
        "status": "\(status)", "incarnation": 3, "seniority": 2, "role": "member", "flags": [], "eligible": true, "tags": {},
        "metadataVersion": 0, "self": \(isSelf)},
        "suspectedHere": false, "statusSince": \(Self.now - 10_000)\(details)}
      """
    return try ReportCoding.decode(RecordReport.self, from: Data(text.utf8)).sentences(now: Self.now)
  }

  @Test("a healthy member is alive since a time, and nobody has suspected it")
  func alive() throws {
    #expect(
      try sentences(status: "alive", details: "") == [
        "b (01234567, 10.0.0.2:7946) is alive since 2026-03-01 12:00:00.250 UTC, 10.0 s ago.",
        "Nobody suspects it.",
      ])
  }

  @Test("a death names accuser, witnesses, paths, length and who decided")
  func dead() throws {
    let details = """
      , "suspectedAt": \(Self.now - 14_300), "suspicionMilliseconds": 4300, "decidedHere": true,
      "evidence": {"accuser": {"id": "aa", "name": "a"}, "paths": ["direct", "indirect", "stream", "refused"],
        "witnesses": [{"id": "cc", "name": "c"}, {"id": "dddddddddd"}]}
      """
    #expect(
      try Array(sentences(status: "dead", details: details).dropFirst()) == [
        "It was suspected at 2026-03-01 11:59:55.950 UTC; the suspicion lasted 4.3 s.",
        "a accused it; c and an unnamed node (dddddddd) heard nothing from it either.",
        "Grounds: a ping over UDP got no answer, a ping through other nodes got no answer and a connection over TCP was "
          + "refused, so the process is gone.",
        "There was nothing left to wait for: decided here.",
      ])
  }

  @Test("an adopted verdict is told apart from an own one")
  func adopted() throws {
    let last = try sentences(status: "dead", details: ", \"decidedHere\": false").last
    #expect(last == "Another node reached the verdict; it was adopted here.")
  }

  @Test("a suspicion that still runs says for how long")
  func suspect() throws {
    let details = ", \"suspectedAt\": \(Self.now - 10_000), \"suspicionMilliseconds\": 10000"
    #expect(
      try sentences(status: "suspect", details: details)[1]
        == "It has been suspected since 2026-03-01 12:00:00.250 UTC, for 10.0 s so far.")
  }

  @Test(
    "a departure says why",
    arguments: [
      ("left", "left of its own accord"), ("evicted", "left, evicted by an operator"),
      ("superseded", "left, superseded by a newer process of the same name"),
      ("nameConflict", "left, because a more senior process has its name"),
    ])
  func left(reason: String, phrase: String) throws {
    let first = try sentences(status: "left", details: ", \"leaveReason\": \"\(reason)\"")[0]
    #expect(first.hasPrefix("b (01234567, 10.0.0.2:7946) is \(phrase) since") || first.contains(phrase))
  }
}
