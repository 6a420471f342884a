import Foundation
import ShoalBench
import Testing

@Suite struct RivalTests {
  private func scenario(_ name: String) throws -> RivalScenario {
    try #require(RivalScenario.memberlist.first { $0.name == name })
  }

  @Test("ratios are taken within each pair, and their median stands with the least and the greatest")
  func ratios() throws {
    let pairs = try [(1.0, 10.0), (2.0, 10.0), (6.0, 20.0)].map { shoal, rival in
      PairedRuns.Pair(
        shoal: try recordedReport(["dead_everywhere": shoal]),
        rival: try recordedReport(["dead_everywhere": rival], version: "memberlist 0.2.2-2, go1.19.8"))
    }
    var comparison = RivalComparison(nodes: 100)
    comparison.add(try scenario("crash-mute"), pairs: pairs, discarded: 2)
    let row = try #require(comparison.rows.first)
    #expect(row.ratio.median == 0.2 && row.ratio.least == 0.1 && row.ratio.most == 0.3 && row.ratio.n == 3)
    #expect(row.shoal.median == 2 && row.rival.median == 10)
    let text = comparison.footer.joined(separator: "\n")
    #expect(text.contains("memberlist 0.2.2-2, go1.19.8") && text.contains("2 pairs did not count"))
    #expect(comparison.html(command: "shoal-bench compare memberlist").contains("Medians over the pairs"))
    let json = try #require(try JSONSerialization.jsonObject(with: comparison.json) as? [String: Any])
    #expect(json["rival"] as? String == "memberlist 0.2.2-2, go1.19.8")
  }

  @Test("a rival's other names and units are read as what they mean")
  func names() throws {
    var comparison = RivalComparison(nodes: 100)
    comparison.add(
      try scenario("leave"),
      pairs: [
        PairedRuns.Pair(
          shoal: try recordedReport(["left_everywhere": 0.1]), rival: try recordedReport(["gone_everywhere": 0.4]))
      ], discarded: 0)
    #expect(comparison.rows[0].ratio.median == 0.25)
    comparison.add(
      try scenario("steady"),
      pairs: [
        PairedRuns.Pair(
          shoal: try recordedReport(["rss_bytes_per_node": 10]),
          rival: try recordedReport(["rss_bytes_per_node": 50, "rss_baseline_bytes": 1_000], nodes: 100))
      ], discarded: 0)
    let memory = try #require(comparison.rows.first { $0.name == "rss_bytes_per_node" })
    #expect(memory.rival.median == 40 && memory.ratio.median == 0.25)
  }

  @Test("where a rival does not get there, it says so itself, and there is no ratio")
  func failure() throws {
    var comparison = RivalComparison(nodes: 500)
    comparison.add(
      try scenario("converge"),
      pairs: [
        PairedRuns.Pair(
          shoal: try recordedReport(["time_to_one_view": 1, "cpu_seconds": 2, "total_bytes": 3]),
          rival: try recordedReport(
            ["time_to_one_view": nil, "cpu_seconds": nil, "total_bytes": nil], version: "memberlist 0.2.2-2",
            failed: "run 1: 2m0s after the start 12 of 500 nodes saw all"))
      ], discarded: 0)
    #expect(comparison.rows.allSatisfy { $0.ratio.n == 0 && $0.rival.median == nil && $0.shoal.n == 1 })
    #expect(comparison.footer.contains { $0.contains("memberlist 0.2.2-2: run 1: 2m0s after the start") })
    #expect(comparison.table[1][2] == "never")
  }

  @Test("pairs on a busy machine do not count and are run again, so often and no more; who begins changes")
  func discarding() throws {
    let calm = try recordedReport(["others_cpu_share": 0.01])
    let busy = try recordedReport(["others_cpu_share": 0.6])
    var order: [PairedRuns.Side] = []
    let paired = PairedRuns(pairs: 3, spares: 2, busyLimit: 0.2)
    let some = try paired.play { side, seed in
      order.append(side)
      return side == .rival && seed == 2 ? busy : calm
    }
    #expect(some.counted.count == 3 && some.discarded == 1)
    #expect(order == [.shoal, .rival, .rival, .shoal, .shoal, .rival, .rival, .shoal])
    var calls = 0
    let none = try paired.play { _, _ in
      calls += 1
      return busy
    }
    #expect(none.counted.isEmpty && none.discarded == 3 && calls == 6)
    var comparison = RivalComparison(nodes: 100)
    comparison.add(try scenario("leave"), pairs: none.counted, discarded: none.discarded)
    #expect(!comparison.hasCounted && comparison.footer.count == 1)
    #expect(comparison.footer.first?.contains("3 pairs did not count") == true)
  }

  @Test("a run of Shoal whose stall guard was busy does not count either")
  func invalid() throws {
    let valid = try recordedReport([:])
    let invalid = try recordedReport([:], valid: false)
    let outcome = try PairedRuns(pairs: 1, spares: 0, busyLimit: 1).play { side, _ in side == .shoal ? invalid : valid }
    #expect(outcome.counted.isEmpty && outcome.discarded == 1)
  }

  @Test("both are measured at rest for one interval of memberlist's full-state syncs")
  func interval() {
    let intervals = [2, 32, 33, 50, 64, 65, 100, 200, 500].map { RivalScenario.syncInterval(nodes: $0) }
    #expect(intervals == [30, 30, 60, 60, 60, 90, 90, 120, 150])
  }
}
