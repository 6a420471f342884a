import Foundation
import ShoalBench
import Testing

@Suite struct ReportComparisonTests {
  private func document(_ line: String) throws -> ReportDocument {
    try ReportDocument(
      try BenchCommandLine.job(line).run(progress: RunProgress(label: "")).json, name: line)
  }

  @Test("medians stand side by side with their ratio, and what was run differently is said")
  func ratios() throws {
    let lan = try document("detect --nodes 20 --runs 3")
    let classic = try document("detect --nodes 20 --runs 3 --preset classic --loss 0.01")
    let comparison = try ReportComparison(lan, classic)
    #expect(comparison.rows.map(\.name) == ["first_suspect", "first_dead", "dead_everywhere", "false_deaths"])
    let dead = try #require(comparison.rows.first { $0.name == "dead_everywhere" })
    let medians = (try #require(dead.first?.p50), try #require(dead.second?.p50))
    #expect(dead.ratio == medians.1 / medians.0 && medians.1 > medians.0)
    #expect(comparison.differences == [["preset", "lan", "classic"], ["--loss", "-", "0.01"]])
    let page = comparison.html(names: ("a&b.json", "b.json"))
    #expect(page.contains("a&amp;b.json") && page.contains("Medians of B over those of A"))
  }

  @Test("there is no ratio to nothing")
  func zero() throws {
    let document = try document("detect --nodes 20 --runs 3")
    let falseDeaths = try ReportComparison(document, document).rows.first { $0.name == "false_deaths" }
    #expect(falseDeaths?.first?.p50 == 0 && falseDeaths?.ratio == nil)
  }

  @Test("reports of different scenarios are refused with a sentence that names both")
  func scenarios() throws {
    let detect = try document("detect --nodes 5 --runs 1")
    let steady = try document("steady --nodes 5 --runs 1")
    let error = try #require(throws: ReportComparisonError.self) { try ReportComparison(detect, steady) }
    #expect(error.description.contains("'detect'") && error.description.contains("'steady'"))
  }

  @Test(
    "what is no report is refused with what is wrong with it",
    arguments: [
      ("", "it is no JSON"), ("{}", "it has no 'scenario'"), (#"{"scenario": 3}"#, "at 'scenario' is of another kind"),
    ])
  func refused(text: String, flaw: String) throws {
    let error = try #require(throws: ReportDocumentError.self) {
      try ReportDocument(Data(text.utf8), name: "some.json")
    }
    #expect(error.description.contains(flaw) && error.description.contains("some.json"))
  }

  @Test("a file that is not there is refused")
  func missing() throws {
    let error = try #require(throws: ReportDocumentError.self) { try ReportDocument(path: "/nowhere/some.json") }
    #expect(error.description.contains("there is no such file"))
  }
}
