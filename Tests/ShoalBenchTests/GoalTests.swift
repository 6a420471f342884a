import ShoalBench
import Testing

@Suite struct GoalTests {
  @Test("every goal is a command line that can be run, and names one figure")
  func commands() throws {
    #expect(Goal.all.count > 20)
    for goal in Goal.all {
      let job = try BenchCommandLine.job(goal.command)
      #expect(job.expectationCount == (goal.states == nil ? 1 : 0), "\(goal.title)")
    }
  }
}
