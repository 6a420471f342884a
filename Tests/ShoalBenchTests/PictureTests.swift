import Foundation
import ShoalBench
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct PictureTests {
  private func page(_ line: String) throws -> ReportPage {
    ReportPage(try BenchCommandLine.job("\(line) --html page.html").run(progress: RunProgress(label: "")))
  }

  private func isWellFormed(_ text: String) -> Bool { XMLParser(data: Data(text.utf8)).parse() }

  static let pictured: [(line: String, titles: [String], units: [String])] = [
    (
      "disseminate --nodes 20 --runs 2",
      ["Share of nodes that know the update", "Datagrams that a node sends", "Bytes that a node sends"],
      ["time since publication, s, logarithmic", "share of the other nodes, 0 to 1", "random gossip in theory"]
    ),
    (
      "disseminate --nodes 20 --runs 1 --rate 5 --duration 3", ["Share of nodes that know the update"], ["15 updates"]
    ),
    (
      "detect --nodes 20 --runs 2",
      ["What each node makes of the crashed member", "Share of nodes that hold the crashed member dead"],
      ["time since the crash, s", "node-0", "suspect"]
    ),
    (
      "detect --nodes 100 --runs 1", ["What each node makes of the crashed member"],
      ["99 nodes in 60 groups", "verdicts of the group"]
    ),
    ("converge --nodes 20 --runs 2", ["Different views at each instant"], ["different views, count", "time, s"]),
    ("split --nodes 20 --runs 1", ["Different views at each instant"], ["healed"]),
    ("outage --nodes 20 --runs 1 --duration 2", ["Different views at each instant"], ["links are back"]),
    ("churn --nodes 20 --runs 1 --duration 10", ["Different views at each instant"], ["different views, count"]),
    ("leave --nodes 20 --runs 1", ["Different views at each instant"], ["per node, packets/s"]),
    ("metadata --nodes 20 --runs 1", ["Share of nodes that have the new metadata"], ["time since it was set, s"]),
    ("pause --nodes 20 --runs 1 --duration 1", ["Different views at each instant"], ["goes on"]),
    (
      "steady --nodes 20 --runs 2", ["Bytes that a node sends", "Datagrams that a node sends"],
      ["per node, packets/s", "per node, B/s", "9 nodes in 10"]
    ),
    (
      "anomaly --nodes 20 --runs 1 --blocked 2 --duration 1 --interval once",
      ["What each node makes of the crashed member"], ["a healthy member crashes"]
    ),
    ("rapid --nodes 100 --runs 1 --duration 60", ["Different views at each instant"], ["per node, packets/s"]),
  ]

  @Test("a scenario's page holds its charts with their units, its command and its figures", arguments: pictured)
  func charts(line: String, titles: [String], units: [String]) throws {
    let page = try page(line)
    let html = page.html
    for text in titles + units { #expect(html.contains(text), "\(text)") }
    #expect(page.charts.first?.title == titles.first)
    let command = try BenchCommandLine.job(line).commandLine
    #expect(html.contains("shoal-bench \(command)"))
    for text in ["<th>p99</th>", "prefers-color-scheme", "Trace "] { #expect(html.contains(text), "\(text)") }
    #expect(isWellFormed(html))
    let svg = try #require(page.svg)
    #expect(isWellFormed(svg) && svg.hasPrefix("<svg"))
    // Nothing comes from elsewhere: the only addresses are the names of the languages.
    #expect(!html.replacing("http://www.w3.org/", with: "").contains("http"))
  }

  @Test("the same command draws the same page, another seed another one")
  func determinism() throws {
    let first = try page("split --nodes 20 --runs 2").html
    #expect(try page("split --nodes 20 --runs 2").html == first)
    #expect(try page("split --nodes 20 --runs 2 --seed 2").html != first)
  }

  @Test(
    "drawing changes no figure", arguments: ["churn --nodes 20 --runs 1 --duration 10", "detect --nodes 20 --runs 2"])
  func undisturbed(line: String) throws {
    let plain = try BenchCommandLine.job(line).run(progress: RunProgress(label: ""))
    let drawn = try BenchCommandLine.job("\(line) --svg -").run(progress: RunProgress(label: ""))
    #expect(try drawn.json == plain.json)
    #expect(drawn.provenance == plain.provenance)
    #expect(!ReportPage(drawn).charts.isEmpty && ReportPage(plain).charts.isEmpty)
  }

  @Test("what XML would take for markup is written so that it is read as text")
  func escaping() {
    #expect(
      Markup.escape("'first_dead.p50<=2' & \"more\"\u{1}") == "'first_dead.p50&lt;=2' &amp; &quot;more&quot;\u{FFFD}")
    let page = Page(
      title: "<a>", sections: [.paragraph("1 < 2"), .command("a && b"), .table([["<th>"], ["]]>"]])])
    #expect(isWellFormed(page.text))
    #expect(page.text.contains("1 &lt; 2") && page.text.contains("a &amp;&amp; b"))
  }

  @Test("a line keeps its peaks when it is reduced to what can be seen")
  func reduction() {
    let points = (0..<100_000).map { Series.Point(Double($0), $0 == 54_321 ? 9 : Double($0 % 2)) }
    let axis = Axis(title: "time", unit: "s", range: 0...100_000)
    let reduced = Series(label: "line", points: points).reduced(columns: 100, along: axis)
    #expect(reduced.points.count <= 400)
    #expect(reduced.points.contains(Series.Point(54_321, 9)))
    #expect(reduced.points.first == points.first && reduced.points.last == points.last)
    #expect(reduced.points.map(\.x) == reduced.points.map(\.x).sorted())
  }

  @Test("in theory one node knows at first, all in the end, and half of them after about ln N / 2 rounds")
  func epidemic() {
    #expect(EpidemicCurve.share(afterRounds: 0, nodes: 1_000) == 0.001)
    #expect(EpidemicCurve.share(afterRounds: 20, nodes: 1_000) > 0.999_999)
    let half = log(999.0) / (2 - 0.001)
    #expect(abs(EpidemicCurve.share(afterRounds: half, nodes: 1_000) - 0.5) < 1e-9)
  }

  @Test("more nodes than rows are put into groups that keep every verdict")
  func groups() {
    let rows = (0..<1_000).map { TimelineRow(label: "node-\($0)", suspected: 1, dead: 2 + Double($0) / 1_000) }
    let chart = TimelineChart(title: "t", note: "n", rows: rows.shuffled())
    #expect(chart.rows.count == TimelineChart.rowLimit)
    #expect(chart.rows.first?.deadRange?.lowerBound == 2 && chart.rows.last?.deadRange?.upperBound == 2.999)
    #expect(zip(chart.rows, chart.rows.dropFirst()).allSatisfy { ($0.dead ?? 0) < ($1.dead ?? 0) })
  }

  @Test("a line of blocks rises where its line does")
  func sparkline() throws {
    let points = (0..<10).map { Series.Point(Double($0), Double($0)) }
    let chart = LineChart(
      title: "Views", note: "", x: Axis(title: "time", unit: "s", range: 0...9),
      y: Axis(title: "views", unit: "count", range: 0...9), series: [Series(label: "run", points: points)])
    let text = try #require(Sparkline(of: .lines(chart))).text
    let bars = text.filter { "▁▂▃▄▅▆▇█".contains($0) }
    #expect(bars.first == "▁" && bars.last == "█" && Array(bars) == bars.sorted())
    #expect(text.contains("time 0 … 9 s"))
  }
}
