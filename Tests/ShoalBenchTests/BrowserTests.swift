import Foundation
import ShoalBench
import Testing

/// Pages as a browser shows them: what is drawn is there, can be read, and fits.
@Suite(.serialized, .enabled(if: Browser.path != nil, "no Chromium is installed: apt-get install chromium"))
struct BrowserTests {
  private func expectReadable(_ html: String, charts: Int) async throws {
    let seen = try await onOwnThread { try Browser.look(at: html) }
    #expect(seen.errors.isEmpty, "\(seen.errors)")
    #expect(seen.pageWidth <= seen.windowWidth)
    #expect(seen.windowWidth == 1280)
    #expect(seen.charts.count == charts)
    for chart in seen.charts {
      #expect(chart.width > 800 && chart.height > 60, "\(chart.title)")
      #expect(chart.outside.isEmpty, "\(chart.title): \(chart.outside)")
      #expect(chart.smallestText >= 8, "\(chart.title)")
      #expect(!chart.title.isEmpty)
    }
    #expect(seen.tableRows > 2)
  }

  @Test("a scenario's page", arguments: ["detect --nodes 100 --runs 2", "disseminate --nodes 30 --runs 2"])
  func scenario(line: String) async throws {
    let page = ReportPage(try BenchCommandLine.job("\(line) --html page.html").run(progress: RunProgress(label: "")))
    try await expectReadable(page.html, charts: page.charts.count)
  }

  @Test("two reports side by side")
  func report() async throws {
    let reports = try ["detect --nodes 10 --runs 2", "detect --nodes 10 --runs 2 --preset classic"].map { line in
      try ReportDocument(try BenchCommandLine.job(line).run(progress: RunProgress(label: "")).json, name: line)
    }
    let comparison = try ReportComparison(reports[0], reports[1])
    try await expectReadable(comparison.html(names: ("a.json", "b.json")), charts: 1)
  }

  @Test("Shoal beside a rival")
  func rival() async throws {
    var comparison = RivalComparison(nodes: 100)
    for scenario in RivalScenario.memberlist {
      let names = scenario.measures.map(\.name) + ["gone_everywhere", "rss_baseline_bytes"]
      let pair = PairedRuns.Pair(
        shoal: try recordedReport(Dictionary(uniqueKeysWithValues: names.map { ($0, 2) })),
        rival: try recordedReport(Dictionary(uniqueKeysWithValues: names.map { ($0, 11) })))
      comparison.add(scenario, pairs: [pair], discarded: 0)
    }
    try await expectReadable(comparison.html(command: "shoal-bench compare memberlist"), charts: 1)
  }
}

/// Chromium without a window.
enum Browser {
  struct Seen: Decodable, Sendable {
    struct Chart: Decodable, Sendable {
      let title: String
      let width: Double
      let height: Double
      let smallestText: Double
      /// Texts that stick out of the picture.
      let outside: [String]
    }

    let windowWidth: Double
    let pageWidth: Double
    let charts: [Chart]
    let tableRows: Int
    let errors: [String]
  }

  static let path: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.flatMap { folder in ["chromium", "chromium-browser", "google-chrome"].map { "\(folder)/\($0)" } }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  private struct NothingSeen: Error, CustomStringConvertible {
    let description: String
  }

  /// Opens a page in a window that is 1,280 pixels wide, and lets a script of our own look at it.
  static func look(at html: String) throws -> Seen {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("shoal-browser-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let page = folder.appendingPathComponent("page.html")
    let watched = html.replacing("<head>", with: "<head><script>\(listener)</script>", maxReplacements: 1)
      .replacing("</body>", with: "<script>\(script)</script></body>", maxReplacements: 1)
    try Data(watched.utf8).write(to: page)
    let child = try ChildProcess.run(
      path ?? "chromium",
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,1000",
        "--user-data-dir=\(folder.path)/profile", "--dump-dom", page.absoluteString,
      ])
    let document = String(decoding: child.output, as: UTF8.self)
    guard let start = document.range(of: "<pre id=\"seen\">"),
      let end = document.range(of: "</pre>", range: start.upperBound..<document.endIndex)
    else { throw NothingSeen(description: "Chromium showed nothing: \(child.errors.suffix(500))") }
    let base64 = document[start.upperBound..<end.lowerBound]
    guard let json = Data(base64Encoded: String(base64)) else { throw NothingSeen(description: "\(base64)") }
    return try JSONDecoder().decode(Seen.self, from: json)
  }

  private static let listener = """
    window.seenErrors = [];
    window.addEventListener('error', e => window.seenErrors.push(String(e.message)), true);
    """

  /// Writes what it sees in base64, which no markup changes.
  private static let script = """
    const charts = [...document.querySelectorAll('svg')].map(svg => {
      const frame = svg.getBoundingClientRect();
      const texts = [...svg.querySelectorAll('text')];
      const boxes = texts.map(text => text.getBoundingClientRect());
      const sticksOut = box => box.left < frame.left - 1 || box.right > frame.right + 1
        || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
      return {
        title: svg.getAttribute('aria-label') || '', width: frame.width, height: frame.height,
        smallestText: Math.min(...boxes.map(box => box.height)),
        outside: texts.filter((_, place) => sticksOut(boxes[place])).map(text => text.textContent)
      };
    });
    const seen = {
      windowWidth: window.innerWidth, pageWidth: document.documentElement.scrollWidth, charts,
      tableRows: document.querySelectorAll('tr').length, errors: window.seenErrors
    };
    const element = document.createElement('pre');
    element.id = 'seen';
    element.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(seen))));
    document.body.appendChild(element);
    """
}
