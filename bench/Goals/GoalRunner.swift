/// Runs goals, each distinct command once.
struct GoalRunner {
  let isQuick: Bool
  let showsClassic: Bool

  private var reports: [String: Report] = [:]

  /// Quick runs play this share of the runs.
  private static let quickShare = 10
  /// The yardstick is played less often: it is there for its size, not for its digits.
  private static let classicShare = 10

  init(isQuick: Bool, showsClassic: Bool) {
    self.isQuick = isQuick
    self.showsClassic = showsClassic
  }

  /// - Parameter label: for the progress line.
  mutating func judge(_ goal: Goal, label: String) throws -> Verdict {
    var job = try BenchCommandLine.job(goal.command)
    if isQuick { job.plan.runs = max(1, job.plan.runs / Self.quickShare) }
    let (metric, figure) = try Self.figure(of: goal, job: job)
    let expectation = job.expectations.first
    var value: FigureValue?
    var classic: FigureValue?
    var failure: String?
    do throws(StepFailure) {
      let statistics = try report(of: job, label: label).statistics(of: metric)
      value = FigureValue(metric: metric, value: statistics[figure])
    } catch { failure = error.sentence }
    if showsClassic {
      var yardstick = try BenchCommandLine.job(goal.command + " --preset classic")
      yardstick.plan.runs = max(1, job.plan.runs / Self.classicShare)
      // A yardstick that breaks is no failure of the goal.
      if let statistics = try? report(of: yardstick, label: "\(label)classic: ").statistics(of: metric) {
        classic = FigureValue(metric: metric, value: statistics[figure])
      }
    }
    return Verdict(
      goal: goal, command: job.commandLine, name: "\(metric.rawValue).\(figure.rawValue)", figure: value,
      bound: expectation.map { FigureValue(metric: metric, value: $0.bound) }, comparison: expectation?.comparison,
      isMet: expectation.map { expectation in value?.value.map { expectation.isMet(by: $0) } ?? false },
      classic: classic, failure: failure)
  }

  /// Commands that differ in their bounds alone are run once.
  private mutating func report(of job: Job, label: String) throws(StepFailure) -> Report {
    let unbounded = Job(scenario: job.scenario, plan: job.plan, expectations: [])
    if let known = reports[unbounded.commandLine] { return known }
    let report = try unbounded.run(progress: RunProgress(label: label))
    reports[unbounded.commandLine] = report
    return report
  }

  private static func figure(of goal: Goal, job: Job) throws -> (Metric, Statistics.Figure) {
    if let expectation = job.expectations.first { return (expectation.metric, expectation.figure) }
    let stated = try Expectation("\(goal.states ?? "")>=0", metrics: type(of: job.scenario).metrics)
    return (stated.metric, stated.figure)
  }
}
