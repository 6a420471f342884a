import ArgumentParser

struct AnomalyCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Anomaly.name,
    abstract: "Some members stand still together: false verdicts, and how a real crash is found out meanwhile.",
    discussion: """
      Lifeguard's grid (§V). Members stand still together for --duration, run for --interval, and so on; the last time begins within
      120 virtual seconds and is played to its end. With --interval once they stand still a single time.

      blocked: Lifeguard's anomaly. The process runs and its timers fire all the while, so it probes, suspects and judges; but nothing
      that it sends leaves and nothing that arrives is read, up to 4,096 datagrams each way. At the end what it has sent leaves
      first, its engine is told how long reads were late, and then reads what has come. Connections to it are accepted.
      pause: as by SIGSTOP. No timers; the kernel accepts connections and queues datagrams. Reads come before overdue timers.
      freeze: as a virtual machine that is stopped. No timers, nothing answers, and what is sent to it is lost.

      False deaths are members that ran, and to whom nothing was done, but whom somebody held dead: once for each incarnation, over the
      hours that all nodes ran together; at healthy ones: held so by a member to whom nothing was done. A healthy member crashes
      between the 30th and the 60th second; what healthy ones make of it is measured, and everywhere means at every one of them.

      Example: shoal-bench anomaly --blocked 16 --duration 32.768 --interval 0.064
      Example: shoal-bench anomaly --grid --runs 2
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "How many members stand still; 0 for none.")
  var blocked = 4

  @Option(help: "blocked: timers run, input and output wait; pause: as by SIGSTOP; freeze: as a virtual machine.")
  var kind = AnomalyName.blocked

  @Option(help: "For how many seconds each time.")
  var duration = 8.192

  @Option(help: "For how many seconds they run in between, or once.")
  var interval = IntervalValue.seconds(0.064)

  @Flag(help: "Run a grid of --blocked, --duration and --interval instead: some cells of Lifeguard's.")
  var grid = false

  @Flag(help: "With --grid: all cells.")
  var full = false

  func makeScenario() throws -> Anomaly {
    let nodes = options.nodes ?? Anomaly.defaultNodes
    guard (0...max(0, nodes - 3)).contains(blocked) else {
      throw ValidationError("--blocked must be 0 to \(nodes - 3) with \(nodes) nodes, but is \(blocked)")
    }
    guard (0.001...600).contains(duration) else {
      throw ValidationError("--duration must be 0.001 to 600 seconds, but is \(duration)")
    }
    guard grid || !full else { throw ValidationError("--full goes with --grid") }
    guard !grid || (options.json == nil && options.expect.isEmpty && !options.pictures.isWanted) else {
      throw ValidationError("--grid takes neither --json nor --expect nor pictures: run the cell by itself")
    }
    return Anomaly(blocked: blocked, kind: kind, duration: .seconds(duration), interval: interval.duration)
  }

  func run() throws {
    guard grid else {
      try runScenario()
      return
    }
    let job = try makeJob()
    let cells = full ? AnomalyGrid.full : AnomalyGrid.some
    var rows: [[String]] = []
    for (number, cell) in cells.cells(kind: kind, nodes: job.plan.nodes).enumerated() {
      let cellJob = Job(scenario: cell, plan: job.plan, expectations: [])
      let progress = RunProgress(label: "cell \(number + 1) of \(cells.count(nodes: job.plan.nodes)): ")
      let report = try Terminal.explaining { () throws(StepFailure) in try cellJob.run(progress: progress) }
      rows.append(AnomalyGrid.row(of: cell, report: report))
    }
    print(Table(rows: [AnomalyGrid.header] + rows).text)
    print("Each row is: shoal-bench \(job.plan.commandLine(of: Anomaly.name)) --kind \(kind.rawValue)")
    print("with its own --blocked, --duration and --interval.")
  }
}

/// Seconds, or `once`.
enum IntervalValue: ExpressibleByArgument, CustomStringConvertible, Sendable {
  case seconds(Double)
  case once

  init?(argument: String) {
    if argument == "once" {
      self = .once
    } else if let seconds = Double(argument), (0.001...600).contains(seconds) {
      self = .seconds(seconds)
    } else {
      return nil
    }
  }

  /// What a wrong value is answered with: a range, and one word.
  static var allValueStrings: [String] { ["0.001 … 600", "once"] }

  var duration: Duration? {
    switch self {
    case .seconds(let seconds): .seconds(seconds)
    case .once: nil
    }
  }

  var description: String {
    switch self {
    case .seconds(let seconds): "\(seconds)"
    case .once: "once"
    }
  }
}
