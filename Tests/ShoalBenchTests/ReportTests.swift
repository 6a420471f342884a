import Foundation
import ShoalBench
import Testing

@Suite struct ReportTests {
  private func report(_ line: String) throws -> Report {
    try BenchCommandLine.job(line).run(progress: RunProgress(label: ""))
  }

  @Test("JSON has exactly the keys that programs rely on, in SI units")
  func shape() throws {
    let json = try report("detect --nodes 5 --runs 3 --loss 0.05 --without jury").json
    let document = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    let keys: Set = [
      "scenario", "transport", "nodes", "seed", "runs", "preset", "options", "machine", "version", "valid", "metrics",
    ]
    #expect(Set(document.keys) == keys)
    #expect(document["scenario"] as? String == "detect" && document["transport"] as? String == "simulated")
    #expect(document["nodes"] as? Int == 5 && document["runs"] as? Int == 3 && document["preset"] as? String == "lan")
    let options = try #require(document["options"] as? [String: Any])
    #expect(options["loss"] as? Double == 0.05 && options["without"] as? [String] == ["jury"])
    let metrics = try #require(document["metrics"] as? [String: [String: Any]])
    #expect(Set(metrics.keys) == ["first_suspect", "first_dead", "dead_everywhere", "false_deaths"])
    for metric in metrics.values { #expect(Set(metric.keys) == ["unit", "n", "p50", "p99", "max", "mean"]) }
    let dead = try #require(metrics["dead_everywhere"])
    #expect(dead["unit"] as? String == "s" && dead["n"] as? Int == 3)
    // Seconds: nobody is found dead within a hundredth of one, or only after ten minutes.
    let median = try #require(dead["p50"] as? Double)
    #expect((0.01...600).contains(median))
  }

  @Test("the same command gives the same bytes, another seed other ones")
  func determinism() throws {
    let first = try report("disseminate --nodes 20 --runs 4").json
    #expect(try report("disseminate --nodes 20 --runs 4").json == first)
    #expect(try report("disseminate --nodes 20 --runs 4 --seed 2").json != first)
  }
}
