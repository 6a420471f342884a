import ArgumentParser

/// Whether every message is accounted for between real processes.
struct DeliverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deliver",
    abstract: "Three processes exchange messages while connections are cut and one is killed: is each accounted for?",
    discussion: """
      First one process sends messages to another, and the third broadcasts to both, while the connections of both senders are cut now and
      then: each message must arrive once and in order. Then a process is killed while it gets messages and requests: each must have an
      outcome, none that was answered may be missing there, and none that was reported as not delivered may have arrived.
      Example: shoal-bench deliver --messages 100000 --broadcasts 2000
      """)

  @Option(help: "How many messages one process sends to another.")
  var messages = DeliveryPlan().messages

  @Option(help: "How long each message is. Bytes.")
  var bytes = DeliveryPlan().bytes

  @Option(help: "How many broadcasts the third process makes.")
  var broadcasts = DeliveryPlan().broadcasts

  @Option(help: "How often connections are cut. Seconds.")
  var cutInterval = DeliveryPlan().cutInterval

  @Option(help: "A process is killed when so many messages have arrived there.")
  var killedAfter = DeliveryPlan().killedAfter

  func validate() throws {
    for (name, value, range) in [
      ("--messages", messages, 1...100_000_000), ("--bytes", bytes, 8...65_536),
      ("--broadcasts", broadcasts, 1...10_000_000), ("--killed-after", killedAfter, 1...10_000_000),
    ] where !range.contains(value) {
      throw ValidationError("\(name) must be \(range.lowerBound) to \(range.upperBound), but is \(value)")
    }
    guard (0.02...3_600).contains(cutInterval) else {
      throw ValidationError("--cut-interval must be 0.02 to 3,600 seconds, but is \(cutInterval)")
    }
  }

  func run() throws {
    var plan = DeliveryPlan(
      messages: messages, broadcasts: broadcasts, cutInterval: cutInterval, killedAfter: killedAfter)
    plan.bytes = bytes
    let progress = DeliveryProgress()
    let run = try Terminal.explaining { () throws(StepFailure) in try DeliveryRun(plan) { progress.show($0) } }
    Terminal.endProgress()
    Terminal.say(Table(rows: run.rows).text)
    guard run.findings.isEmpty else {
      for finding in run.findings { Terminal.fail(finding) }
      throw ExitCode(1)
    }
    Terminal.say("  Every message is accounted for.")
  }

  /// A progress line for a closure.
  private final class DeliveryProgress {
    private var line = ProgressLine(sparseInterval: .seconds(10))
    func show(_ text: String) { line.show(text) }
  }
}
