import ShoalCore

/// The page and the pictures of one scenario's report.
package struct ReportPage: Sendable {
  private let report: Report

  package init(_ report: Report) { self.report = report }

  /// What could be drawn, the scenario's main picture first.
  package var charts: [Chart] {
    type(of: report.job.scenario).charts.compactMap { $0.chart(of: report.recordings, plan: report.job.plan) }
  }

  /// The main picture as a file by itself; nil when nothing was recorded.
  package var svg: String? { charts.first.map { $0.svg.text + "\n" } }

  /// The first chart with lines, for a terminal.
  package var sparkline: String? { charts.lazy.compactMap { Sparkline(of: $0)?.text }.first }

  package var html: String {
    let job = report.job
    var page = Page(title: "\(type(of: job.scenario).name), \(job.plan.nodes) nodes")
    page.sections += sections
    page.sections.append(.heading("Where from"))
    page.sections.append(.paragraph("Shoal \(ShoalVersion.current) on \(MachineText.current)."))
    page.sections.append(.paragraph(report.provenance))
    return page.text
  }

  /// The command, the pictures and the table.
  var sections: [Page.Section] {
    [.command("shoal-bench \(report.job.commandLine)")] + charts.map { .picture($0.svg) } + [.table(report.rows)]
  }
}
