import ArgumentParser
import Foundation

/// A scenario on the command line: `RunOptions`, options of its own, and the scenario that they make.
protocol ScenarioCommand: ParsableCommand {
  associatedtype Scenario: BenchScenario

  var options: RunOptions { get }
  /// What the options describe; throws a `ValidationError` when they make no sense.
  func makeScenario() throws -> Scenario
}

extension ScenarioCommand {
  /// What the command line asks for; throws what is wrong with it.
  func makeJob() throws -> Job {
    let nodes = options.nodes ?? Scenario.defaultNodes
    guard (Scenario.minimumNodes...SimulatedCluster.nodeLimit).contains(nodes) else {
      throw ValidationError(
        "--nodes must be \(Scenario.minimumNodes) to \(SimulatedCluster.nodeLimit) in \(Scenario.name), but is \(nodes)"
      )
    }
    let memory = ProcessInfo.processInfo.physicalMemory
    let isSimulated = options.transport == .simulated
    let needed = isSimulated ? MemoryEstimate.simulated(nodes: nodes) : MemoryEstimate.loopback(nodes: nodes)
    guard needed <= memory else {
      throw ValidationError(
        "--nodes \(nodes) takes about \(Text.bytes(needed)) of memory, and there is \(Text.bytes(memory))")
    }
    let expectations = try options.expect.map { text in
      do throws(ExpectationError) {
        return try Expectation(text, metrics: Scenario.metrics(on: options.transport))
      } catch {
        throw ValidationError(error.description)
      }
    }
    if !isSimulated, let refusal = Scenario.loopbackRefusal { throw ValidationError(refusal) }
    let runs = options.runs ?? (isSimulated ? Scenario.defaultRuns : min(Scenario.defaultRuns, LoopbackRuns.usual))
    var plan = BenchPlan(options, nodes: nodes, runs: runs, spread: isSimulated ? nil : try spread(nodes: nodes))
    let scenario = try makeScenario()
    scenario.configure(&plan.configuration)
    return Job(scenario: scenario, plan: plan, expectations: expectations)
  }

  private func spread(nodes: Int) throws -> Spread {
    do throws(SpreadError) {
      return try Spread(nodes: nodes, asked: options.processes, files: FileLimit.hardest)
    } catch { throw ValidationError(error.description) }
  }

  func validate() throws { _ = try makeJob() }

  func run() throws { try runScenario() }

  /// Runs it and prints what it came to; exits 1 when a bound is not kept.
  func runScenario() throws {
    var job = try makeJob()
    let outputs = options.outputs
    try outputs.checkWritable()
    let showsSparkline = options.pictures.sparkline || Terminal.showsResults
    if showsSparkline { job.plan.records = true }
    outputs.say("shoal-bench \(job.commandLine)")
    if options.processes == nil, let spread = job.plan.spread, spread.processes > 1 {
      outputs.say("\(spread.nodes) nodes are spread over \(spread.processes) processes.")
    }
    let report = try Terminal.explaining { () throws(StepFailure) in try job.run(progress: RunProgress(label: "")) }
    outputs.say(report.table)
    let page = ReportPage(report)
    if showsSparkline, let sparkline = page.sparkline { outputs.say(sparkline) }
    outputs.say(report.provenance)
    if let html = options.pictures.html { try Terminal.write(Data(page.html.utf8), to: html) }
    if let svg = options.pictures.svg {
      guard let picture = page.svg else {
        Terminal.fail("There is nothing to draw: no run recorded anything.")
        throw ExitCode(1)
      }
      try Terminal.write(Data(picture.utf8), to: svg)
    }
    if let json = options.json { try Terminal.write(report.json, to: json) }
    if let caution = report.caution { Terminal.fail("NOTE: \(caution).") }
    for sentence in report.unmet { Terminal.fail("Unmet: \(sentence)") }
    if let flaw = report.flaw { Terminal.fail("INVALID: \(flaw)") }
    if !report.unmet.isEmpty || report.flaw != nil { throw ExitCode(1) }
  }
}
