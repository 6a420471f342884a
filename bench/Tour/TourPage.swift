import ShoalCore

/// One page of all that a tour has shown.
struct TourPage {
  var runs: [(part: Part, run: PartRun)] = []
  /// What did not work, as sentences.
  var failures: [String] = []
  let missing: String?

  var html: String {
    var page = Page(title: "Shoal on this machine")
    page.sections.append(.paragraph("Shoal \(ShoalVersion.current) on \(MachineText.current)."))
    let summary = runs.flatMap { part, run in
      run.headlines.enumerated().map { [$0.offset == 0 ? part.title : "", $0.element.name, $0.element.value] }
    }
    page.sections += [.heading("In short"), .table([["", "figure", "value"]] + summary)]
    page.sections += (failures + [missing].compactMap(\.self)).map { .paragraph($0) }
    for (part, run) in runs { page.sections += [.heading(part.title)] + run.sections }
    return page.text
  }
}
