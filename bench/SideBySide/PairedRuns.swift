/// Runs of two programs in turns on one machine. A pair counts when other processes left the machine alone in both.
package struct PairedRuns: Sendable {
  package enum Side: Sendable { case shoal, rival }

  package struct Pair: Sendable {
    package let shoal: ReportDocument
    package let rival: ReportDocument

    package init(shoal: ReportDocument, rival: ReportDocument) {
      self.shoal = shoal
      self.rival = rival
    }
  }

  /// How many pairs have to count.
  package let pairs: Int
  /// How many more are run at most in place of those that do not.
  package let spares: Int
  /// A pair does not count when other processes had a greater share of the CPU time in either run.
  package let busyLimit: Double

  package init(pairs: Int, spares: Int, busyLimit: Double) {
    self.pairs = pairs
    self.spares = spares
    self.busyLimit = busyLimit
  }

  /// Runs pairs until enough of them count, or the spares are used up; who begins changes with each.
  ///
  /// - Parameter run: plays one run of one side, with this seed.
  package func play(
    _ run: (Side, _ seed: UInt64) throws(StepFailure) -> ReportDocument
  ) throws(StepFailure) -> (counted: [Pair], discarded: Int) {
    var counted: [Pair] = []
    var discarded = 0
    while counted.count < pairs, discarded <= spares {
      let number = counted.count + discarded
      let seed = UInt64(number) + 1
      let pair: Pair
      if number.isMultiple(of: 2) {
        let shoal = try run(.shoal, seed)
        pair = Pair(shoal: shoal, rival: try run(.rival, seed))
      } else {
        let rival = try run(.rival, seed)
        pair = Pair(shoal: try run(.shoal, seed), rival: rival)
      }
      if isUndisturbed(pair.shoal), isUndisturbed(pair.rival) { counted.append(pair) } else { discarded += 1 }
    }
    return (counted, discarded)
  }

  private func isUndisturbed(_ document: ReportDocument) -> Bool {
    document.valid != false && (document.metrics[Metric.othersCPUShare.rawValue]?.max ?? 0) <= busyLimit
  }
}
