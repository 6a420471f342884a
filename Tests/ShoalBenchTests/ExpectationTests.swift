import ShoalBench
import Testing

@Suite struct ExpectationTests {
  private let metrics: [Metric] = [.firstDead, .falseDeaths]

  @Test("metric, figure, comparison and bound are read, spaces or not")
  func reading() throws {
    let expectation = try Expectation("first_dead.p99 <= 2.75", metrics: metrics)
    #expect(expectation.metric == .firstDead && expectation.figure == .p99)
    #expect(expectation.comparison == .atMost && expectation.bound == 2.75)
    #expect(try Expectation("false_deaths.max==0", metrics: metrics).comparison == .equal)
    #expect(try Expectation("first_dead.mean<1e-3", metrics: metrics).bound == 0.001)
    #expect(try Expectation("first_dead.p50>=1", metrics: metrics).comparison == .atLeast)
    #expect(try Expectation("first_dead.p50>1", metrics: metrics).comparison == .above)
  }

  @Test(
    "what cannot be read is refused with the metrics that there are",
    arguments: [
      "", "first_dead", "first_dead.p50", "first_dead<=1", "first_dead.p51<=1", "first_dead.p50.p99<=1", "t50.p50<=1",
      "nonsense.p50<=1", "first_dead.p50<=", "first_dead.p50<=x", "first_dead.p50<=nan", "first_dead.p50<=inf",
      "first_dead.p50=1", "<=1", ".p50<=1",
    ])
  func malformed(text: String) {
    let error = #expect(throws: ExpectationError.self) { try Expectation(text, metrics: metrics) }
    #expect(error?.description.contains("Metrics here: first_dead false_deaths") == true)
  }

  @Test("a bound is kept or not, and never kept by what did not happen")
  func judging() throws {
    let figures = Statistics(of: [1, 2, 3], missing: 1)
    #expect(try Expectation("first_dead.p50<=2", metrics: metrics).isMet(by: figures))
    #expect(try !Expectation("first_dead.p50<2", metrics: metrics).isMet(by: figures))
    #expect(try Expectation("first_dead.p50>=2", metrics: metrics).isMet(by: figures))
    #expect(try !Expectation("first_dead.p50>2", metrics: metrics).isMet(by: figures))
    #expect(try !Expectation("first_dead.max<=1000", metrics: metrics).isMet(by: figures))
    #expect(try !Expectation("first_dead.max>=0", metrics: metrics).isMet(by: figures))
  }
}
