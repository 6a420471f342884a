/// One measurement of single operations: what `micro` does, for whoever else wants it.
struct MicroRun {
  let results: [MicroResult]
  private let countsInstructions: Bool

  /// Measures these operations, or all.
  ///
  /// - Parameters:
  ///   - names: none for all.
  ///   - label: for the progress line.
  init(_ names: [String] = [], countsInstructions: Bool, label: String = "") throws(StepFailure) {
    let chosen = MicroOperation.all.filter { names.isEmpty || names.contains($0.name) }
    let counter = countsInstructions ? try InstructionCounter() : nil
    var results: [MicroResult] = []
    var line = ProgressLine(sparseInterval: .seconds(10))
    for (number, each) in chosen.enumerated() {
      let place = "\(label)operation \(number + 1) of \(chosen.count), \(each.name)"
      line.show(place)
      let operation: MicroOperation
      do { operation = try each.make() } catch { throw StepFailure(sentence: "\(each.name): \(error)") }
      var result = try MicroResult(of: operation)
      result.instructions = try counter?.count(each.name) { line.show("\(place): instructions under valgrind, \($0)") }
      results.append(result)
    }
    Terminal.endProgress()
    self.results = results
    self.countsInstructions = countsInstructions
  }

  /// A head, and a row for each operation.
  var rows: [[String]] { [MicroResult.header] + results.map(\.row) }

  var document: ReportDocument {
    ReportDocument(
      scenario: "micro", transport: "memory", nodes: MicroOperation.sizes.max() ?? 0, seed: 0,
      runs: results.first?.times.count ?? 0, preset: "lan",
      options: ["instructions": .flag(countsInstructions)],
      metrics: results.reduce(into: [:]) { $0.merge($1.metrics) { first, _ in first } })
  }
}
