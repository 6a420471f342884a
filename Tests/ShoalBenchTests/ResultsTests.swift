import Foundation
import ShoalBench
import Testing

@Suite struct ResultsTests {
  private func part(_ name: String) throws -> Part { try #require(ResultsPlan.parts.first { $0.name == name }) }

  private func outcome(_ name: String, _ metrics: [String: Double?], valid: Bool? = nil) throws -> PartOutcome {
    let report = try recordedReport(metrics, nodes: 1_000, valid: valid)
    return PartOutcome(try part(name), date: Date(timeIntervalSince1970: 0), took: .seconds(90), report: report)
  }

  private func page(_ outcomes: PartOutcome...) -> String {
    ResultsPage(parts: ResultsPlan.parts, outcomes: outcomes).markdown
  }

  /// The lines of one section.
  private func section(_ title: String, of page: String) -> String {
    page.components(separatedBy: "\n## ").first { $0.hasPrefix(title) } ?? ""
  }

  @Test(
    "a goal that is kept is met, one that is not is missed and stands on the weak side, and what nobody measured is said"
  )
  func goals() throws {
    let page = page(
      try outcome("join-1000", ["time_to_one_view": 3.5, "cpu_seconds": 9]),
      try outcome("rest-1000", ["bytes_per_node_second": 195, "rss_bytes_per_node": 200_000]))
    let goals = section("The goals", of: page)
    #expect(goals.contains("| 1000 nodes have one view | 3.500 s | ≤ 8.000 s | met |"))
    #expect(goals.contains("| at rest: bytes per node and second | 195 B/s | ≤ 190 B/s | **missed** |"))
    let weak = section("Where Shoal is not ahead", of: page)
    #expect(weak.contains("at rest: bytes per node and second") && weak.contains("goal: ≤ 190 B/s"))
    #expect(!weak.contains("1000 nodes have one view"))
    #expect(weak.contains("Not measured: micro, ceiling"))
    #expect(section("How it was measured", of: page).contains("`shoal-bench converge --nodes 1000"))
  }

  @Test("messages stand beside plain SwiftNIO's, and their goals among the others")
  func messages() throws {
    let page = page(
      try outcome(
        "message",
        [
          "messages_per_second_1024": 90_000, "plain_messages_per_second_1024": 300_000,
          "messages_per_second_1024_over_plain": 0.3, "stalled_sender_bytes": 8_000_000,
        ]))
    let goals = section("The goals", of: page)
    #expect(goals.contains("| messages of 1 KiB | 90,000/s | ≥ 80,000/s | met |"))
    #expect(goals.contains("| messages of 1 KiB, of plain NIO's | 0.3 | ≥ 0.5 | **missed** |"))
    #expect(goals.contains("| a single request, of plain NIO's | not measured | ≤ 2 |  |"))
    #expect(goals.contains("| a stalled reader: waits at the sender | 8.00 MB | ≤ 8.38 MB | met |"))
    #expect(section("Messages beside plain", of: page).contains("| 1 KiB one way |"))
  }

  @Test("a row in which a rival takes less stands on the weak side, with its ratio")
  func notAhead() throws {
    var comparison = RivalComparison(nodes: 50)
    let scenario = try #require(RivalScenario.memberlist.first { $0.name == "leave" })
    comparison.add(
      scenario,
      pairs: [
        PairedRuns.Pair(
          shoal: try recordedReport(["left_everywhere": 0.4]), rival: try recordedReport(["gone_everywhere": 0.2]))
      ], discarded: 0)
    let kept = PartOutcome(
      try part("memberlist-50-leave"), date: Date(), took: .seconds(1), comparison: comparison)
    let page = page(kept)
    #expect(section("Where Shoal is not ahead", of: page).contains("2 of memberlist's | not ahead"))
    #expect(section("Beside memberlist", of: page).contains("a member leaves: known everywhere"))
  }

  @Test(
    "where the rival's nodes never have one view, what else would be compared at that size is left out, and it is said why"
  )
  func beyondRival() throws {
    var comparison = RivalComparison(nodes: 500)
    let scenario = try #require(RivalScenario.memberlist.first { $0.name == "converge" })
    comparison.add(
      scenario,
      pairs: [
        PairedRuns.Pair(
          shoal: try recordedReport(["time_to_one_view": 2.8, "cpu_seconds": 3, "total_bytes": 1e7]),
          rival: try recordedReport(["time_to_one_view": nil]))
      ], discarded: 0)
    let kept = PartOutcome(
      try part("memberlist-500-converge"), date: Date(), took: .seconds(1), comparison: comparison)
    let weak = section("Where Shoal is not ahead", of: page(kept))
    #expect(weak.contains("Left out, for memberlist never had one view at that size: memberlist-500-steady"))
    #expect(!weak.contains("500 beside memberlist"))
    let unmeasured = weak.components(separatedBy: "Left out")[0]
    #expect(unmeasured.contains("memberlist-200-leave") && !unmeasured.contains("memberlist-500-"))
  }

  @Test("real sockets and the simulator agree when a figure differs by a fifth at most")
  func agreement() throws {
    func outcomes(_ real: Double) throws -> [PartOutcome] {
      [
        try outcome(
          "crash-mute-100-loopback", ["first_suspect": 0.5, "first_dead": 2.5, "dead_everywhere": real]),
        try outcome(
          "crash-mute-100-simulated", ["first_suspect": 0.5, "first_dead": 2.5, "dead_everywhere": 2.5]),
      ]
    }
    let near = ResultsPage(parts: ResultsPlan.parts, outcomes: try outcomes(2.9)).markdown
    #expect(section("The simulator", of: near).contains("| dead_everywhere | 2.900 s | 2.500 s | +16 % | yes |"))
    let far = ResultsPage(parts: ResultsPlan.parts, outcomes: try outcomes(3.1)).markdown
    #expect(section("The simulator", of: far).contains("| +24 % | **no** |"))
    #expect(section("Where Shoal is not ahead", of: far).contains("N = 100, mute: dead_everywhere"))
  }

  @Test("a run on a busy machine, and one that is not valid, stand on the weak side")
  func disturbed() throws {
    let page = page(try outcome("rest-1000", ["others_cpu_share": 0.4], valid: false))
    let weak = section("Where Shoal is not ahead", of: page)
    #expect(weak.contains("others took 40 % of the CPU time") && weak.contains("not valid"))
  }

  @Test("what was measured is kept, and measured again only when its command has become another")
  func store() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("shoal-results-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = ResultsStore(folder: folder.path)
    let part = try part("join-100")
    #expect(try store.outcome(of: part) == nil)
    try store.keep(try outcome("join-100", ["time_to_one_view": 1, "cpu_seconds": nil]), of: part)
    let kept = try #require(try store.outcome(of: part))
    #expect(kept.report?.metrics["time_to_one_view"]?.p50 == 1 && kept.report?.nodes == 1_000)
    let path = folder.appendingPathComponent("join-100.json")
    let text = try String(contentsOf: path, encoding: .utf8)
    try Data(text.replacing("--nodes 100 ", with: "--nodes 99 ").utf8).write(to: path)
    #expect(try store.outcome(of: part) == nil)
    try Data("{".utf8).write(to: path)
    #expect(throws: StepFailure.self) { try store.outcome(of: part) }
  }

  @Test(
    "a part is measured by its name, several by how their names begin",
    arguments: [
      ("join-100", ["join-100"]), ("join", ["join-100", "join-300", "join-1000", "join-5000"]),
      ("memberlist-50-l", ["memberlist-50-leave"]), ("oin", []),
    ])
  func names(name: String, parts: [String]) {
    #expect(ResultsPlan.parts(named: name).map(\.name) == parts)
  }

  @Test("a comparison that was kept is read as it was written")
  func comparisons() throws {
    var comparison = RivalComparison(nodes: 50)
    let scenario = try #require(RivalScenario.memberlist.first { $0.name == "converge" })
    comparison.add(
      scenario,
      pairs: [
        PairedRuns.Pair(
          shoal: try recordedReport(["time_to_one_view": 1, "cpu_seconds": 2]),
          rival: try recordedReport(["time_to_one_view": nil], version: "memberlist 0.2.2-2", failed: "12 of 500"))
      ], discarded: 1)
    let read = try JSONDecoder().decode(RivalComparison.self, from: comparison.json)
    #expect(try read.json == comparison.json)
    #expect(read.remarks == comparison.remarks && read.remarks.count == 2)
  }
}
