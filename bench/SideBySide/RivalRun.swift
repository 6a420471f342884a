import Foundation
import Programs

/// Shoal and memberlist in turns on this machine: what `compare` does, for whoever else wants it.
struct RivalRun: Sendable {
  let nodes: Int
  let pairs: Int
  var spares = 5
  var busyLimit = MachineLoad.busyShare
  /// None for all.
  let scenarios: [String]
  var program = usualProgram
  /// For the progress line.
  var label = ""

  static let usualProgram = ".build/rivals/memberlist"
  static let howToGetIt = "'make rivals' installs and builds memberlist, from Debian's packages"

  var isPossible: Bool { FileManager.default.isExecutableFile(atPath: program) }

  var commandLine: String {
    let options = "--nodes \(nodes) --pairs \(pairs) --spares \(spares) --busy-limit \(Text.plain(busyLimit))"
    return (["shoal-bench compare memberlist \(options)"] + scenarios.map { "--scenario \($0)" })
      .joined(separator: " ")
  }

  func play() throws(StepFailure) -> RivalComparison {
    guard isPossible else { throw StepFailure(sentence: "'\(program)' is not there. \(Self.howToGetIt).") }
    var comparison = RivalComparison(nodes: nodes)
    let paired = PairedRuns(pairs: pairs, spares: spares, busyLimit: busyLimit)
    for each in RivalScenario.memberlist where scenarios.isEmpty || scenarios.contains(each.name) {
      let (counted, discarded) = try paired.play { (side, seed) throws(StepFailure) in
        try play(each, side, seed: seed)
      }
      comparison.add(each, pairs: counted, discarded: discarded)
    }
    return comparison
  }

  private func play(
    _ each: RivalScenario, _ side: PairedRuns.Side, seed: UInt64
  ) throws(StepFailure) -> ReportDocument {
    let path = side == .shoal ? ChildProcess.ownPath : program
    let arguments = (side == .shoal ? each.shoal(nodes, seed) : each.rival(nodes, seed)) + ["--json", "-"]
    let who = "\(label)\(each.name), seed \(seed): \(side == .shoal ? "Shoal" : "memberlist")"
    if !Terminal.isInteractive { Terminal.note(who) }
    var line = ProgressLine()
    let child = try ChildProcess.run(path, arguments) { line.show("\(who) for \($0.components.seconds) s") }
    Terminal.endProgress()
    // A report of what did not happen, or of a busy machine, is a report all the same.
    do {
      return try ReportDocument(child.output, name: "the output of \(path) \(arguments.joined(separator: " "))")
    } catch {
      throw StepFailure(sentence: child.ending == .success ? error.description : "\(path): \(child.lastWords)")
    }
  }
}
