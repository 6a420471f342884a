import ArgumentParser
import Foundation

/// Measures every goal and says which are met.
struct GoalsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "goals",
    abstract: "Measure every goal: the figure, the bound, met or missed by how much, and the command behind it.",
    discussion: """
      Each row is one command line of this program. Exits 0 also when goals are missed, unless --strict is given.
      Example: shoal-bench goals --quick --markdown goals.md
      """)

  @Flag(help: "A tenth of the runs.")
  var quick = false

  @Flag(help: "Exit 1 when a goal is missed.")
  var strict = false

  @Flag(help: "Add a column with the same commands under --preset classic, played less often.")
  var classic = false

  @Option(help: "Only goals whose title or command contains this, spaces aside.")
  var only: String?

  @Option(help: "Write the verdicts to this file as JSON; - is standard output.")
  var json: String?

  @Option(help: "Write the table to this file as Markdown; - is standard output.")
  var markdown: String?

  private var goals: [Goal] {
    guard let only else { return Goal.all }
    return Goal.all.filter { $0.matches(only) }
  }

  private var outputs: OutputFiles { OutputFiles(["--json": json, "--markdown": markdown]) }

  func validate() throws {
    try outputs.validate()
    if let only, goals.isEmpty { throw ValidationError("--only '\(only)': no goal's title or command contains it") }
  }

  func run() throws {
    try outputs.checkWritable()
    var runner = GoalRunner(isQuick: quick, showsClassic: classic)
    var verdicts: [Verdict] = []
    for (number, goal) in goals.enumerated() {
      let verdict = try runner.judge(goal, label: "goal \(number + 1) of \(goals.count): ")
      Terminal.note("\(verdict.goal.title): \(verdict.figure?.text ?? "-"), \(verdict.text)")
      verdicts.append(verdict)
    }
    let report = GoalsReport(verdicts: verdicts, showsClassic: classic)
    outputs.say(report.text)
    if let json { try Terminal.write(report.json, to: json) }
    if let markdown { try Terminal.write(Data(report.markdown.utf8), to: markdown) }
    if report.failed > 0 || (strict && report.missed > 0) { throw ExitCode(1) }
  }
}
