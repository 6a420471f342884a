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

  @Test(
    "goals are found by what their titles and commands contain, spaces aside",
    arguments: [("crash, N = 5:", 1), ("N=5:", 2), ("--nodes 5000", 2), ("nothing", 0)])
  func found(text: String, count: Int) {
    #expect(Goal.all.filter { $0.matches(text) }.count == count)
  }
}
