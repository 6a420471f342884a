import ArgumentParser
import Foundation
import ShoalCore

/// A handful of everything, on this machine, as one page.
struct TourCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tour",
    abstract:
      "Five minutes of everything: single steps, simulated and real nodes, memberlist beside them, as one page.",
    discussion: """
      It says first what it will do. The page and each part's report in JSON are written into a folder as soon as they are there.
      Example: shoal-bench tour --folder /tmp/shoal --nodes 200
      """)

  @Option(help: "Where the page and the reports are written.")
  var folder = ".build/tour"

  @Option(help: "How many real nodes run on this machine. Default: as many as it has room for, 150 for each core.")
  var nodes: Int?

  @Flag(help: "Only say what would be done.")
  var dryRun = false

  func validate() throws {
    if let nodes {
      guard (2...5_000).contains(nodes) else { throw ValidationError("--nodes must be 2 to 5,000, but is \(nodes)") }
    }
    for part in plan(busy: 0).parts {
      guard case .scenario(let line) = part.work else { continue }
      do { _ = try BenchCommandLine.job(line) } catch { throw ValidationError(ShoalBench.message(for: error)) }
    }
  }

  private func plan(busy: Double) -> TourPlan {
    let machine = ProcessInfo.processInfo
    let fitting = TourPlan.fit(
      cores: machine.activeProcessorCount, busy: busy, memory: machine.physicalMemory, files: FileLimit.hardest)
    return TourPlan(nodes: nodes ?? fitting, hasRival: RivalRun(nodes: 2, pairs: 1, scenarios: []).isPossible)
  }

  func run() throws {
    Terminal.say("Shoal \(ShoalVersion.current) on \(MachineText.current).")
    let busy = MachineLoad.othersNow ?? 0
    if busy > MachineLoad.busyShare {
      Terminal.say(
        "NOTE: other programs take \(Int(busy * 100)) % of this machine's CPU time: the tour takes longer, and its times say little."
      )
    }
    let plan = plan(busy: busy)
    Terminal.say(plan.announcement)
    Terminal.say("The page and the reports: \(folder)/index.html, \(folder)/*.json\n")
    guard !dryRun else { return }
    try Terminal.makeFolder(folder)
    var page = TourPage(missing: plan.missing)
    for (number, part) in plan.parts.enumerated() {
      let left = plan.parts[number...].duration
      Terminal.say(
        "\(number + 1) of \(plan.parts.count): \(part.title) (\(Text.roughly(left)) left)\n  \(part.command)")
      do {
        let run = try PartRun(part, label: "\(number + 1) of \(plan.parts.count): ", records: true)
        Terminal.say(run.text + "\n")
        page.runs.append((part, run))
        try Terminal.write(run.outcome.json, to: "\(folder)/\(part.name).json")
      } catch let error as StepFailure {
        // What does not work here is said, and the rest is shown.
        Terminal.note("\(part.title): \(error.sentence)")
        page.failures.append("\(part.title): \(error.sentence)")
      }
      try Terminal.write(Data(page.html.utf8), to: "\(folder)/index.html")
    }
    Terminal.say("All of it as one page: \(folder)/index.html")
    if !page.failures.isEmpty { throw ExitCode(1) }
  }
}
