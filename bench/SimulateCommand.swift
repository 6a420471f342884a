import ArgumentParser
import ShoalSimulator

/// One cluster's life: it forms, rests, hears news, loses a member, takes it back, and lets one go.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Let a cluster form through one seed, crash a member, and see who learns what when.",
    discussion: "Times are virtual. Exits 1 with a sentence when a step does not happen.")

  @Option(help: "How many nodes join at once through node-0.")
  var nodes: Int = 50

  @Option(help: "Draws everything; the same seed gives the same run.")
  var seed: UInt64 = 1

  @Option(help: "How many percent of all datagrams are lost.")
  var loss: Int = 0

  @Option(help: "Write the figures to this file as JSON.")
  var json: String?

  func validate() throws {
    guard (1...100_000).contains(nodes) else { throw ValidationError("--nodes must be 1 to 100,000") }
    guard (0...80).contains(loss) else { throw ValidationError("--loss must be 0 to 80 percent") }
  }

  func run() throws {
    var simulation = Simulation(nodes: nodes, seed: seed, lossPercent: loss)
    let started = ContinuousClock().now
    do throws(StepFailure) {
      try simulation.play()
    } catch {
      Terminal.endProgress()
      Terminal.fail("\(error.sentence)\nRun it again: \(command)")
      throw ExitCode(1)
    }
    Terminal.endProgress()
    print("\nFigures:")
    print(Table(rows: simulation.figures.rows).text)
    print("Trace hash \(Hex.text(simulation.figures.traceHash)), \(simulation.figures.eventsHandled) events handled")
    print("in \(Text.time(ContinuousClock().now - started)) of real time. Command: \(command)")
    if let json { try simulation.figures.write(to: json) }
  }

  private var command: String {
    "shoal-bench simulate --nodes \(nodes) --seed \(seed)" + (loss == 0 ? "" : " --loss \(loss)")
  }
}
