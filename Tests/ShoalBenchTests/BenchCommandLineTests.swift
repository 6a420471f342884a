import ArgumentParser
import ShoalBench
import Testing

@Suite struct BenchCommandLineTests {
  @Test("what a command line leaves out is its scenario's default, and the whole can be pasted")
  func echo() throws {
    #expect(
      try BenchCommandLine.job("detect").commandLine
        == "detect --nodes 100 --seed 1 --runs 10 --preset lan --crash mute")
    let line =
      "detect --nodes 7 --seed 9 --runs 2 --preset classic --loss 0.05 --loss-pattern bursts --latency wan --without jury "
      + "--without range-tree --crash killed --expect 'first_dead.p50<=2.5'"
    #expect(try BenchCommandLine.job(line).commandLine == line)
  }

  @Test("every scenario can be asked for, and asks for the same when its own line is read again", arguments: Self.lines)
  func roundTrip(line: String) throws {
    let echoed = try BenchCommandLine.job(line).commandLine
    #expect(try BenchCommandLine.job(echoed).commandLine == echoed)
  }

  static let lines = [
    "converge", "converge --over 30", "disseminate", "disseminate --rate 20", "detect", "steady", "split", "churn",
    "pause --kind freeze",
    "outage", "leave", "coordinator", "coordinator --crash killed",
    "coordinator --quorum 5", "coordinator --quorum 3 --lease 0.25", "metadata", "metadata --bytes 100",
    "anomaly", "anomaly --blocked 0", "anomaly --interval once --kind pause", "rapid", "rapid --case flap",
  ]

  @Test(
    "a wrong option is refused",
    arguments: [
      "detect --nodes 0", "detect --nodes 1", "detect --nodes 100001", "detect --nodes 100000", "detect --nodes x",
      "detect --runs 0", "converge --over -1", "converge --over 86401",
      "detect --loss 2", "detect --loss -0.1", "detect --loss nan", "detect --loss 0.005 --loss-pattern bursts",
      "detect --loss-pattern odd", "detect --seed -1", "detect --latency moon",
      "detect --preset none", "detect --without juries", "detect --transport carrier-pigeon", "detect --crash loudly",
      "detect --expect t50.p50<=1", "split --duration 0", "churn --nodes 7", "disseminate --rate -1",
      "pause --duration 0", "pause --kind nap", "outage --duration -1", "anomaly --blocked 126 --nodes 128",
      "anomaly --interval never", "anomaly --full", "rapid --case none", "nonsense", "campaign",
      "coordinator --quorum 0", "coordinator --quorum 2", "coordinator --quorum 32", "coordinator --quorum 5 --nodes 4",
      "coordinator --quorum -3", "coordinator --lease 2", "coordinator --quorum 5 --lease 0.1",
      "coordinator --quorum 5 --lease 61", "coordinator --quorum 5 --lease nan", "metadata --bytes 0",
      "metadata --bytes 65537", "metadata --transport loopback",
    ])
  func refused(line: String) {
    #expect(throws: (any Error).self) { try BenchCommandLine.job(line) }
  }

  @Test(
    "a number that is refused is named",
    arguments: [
      ("sim --nodes 0", "0"), ("sim --nodes -5", "-5"), ("sim --ticks 3", "3"), ("detect --runs -7", "-7"),
      ("detect --nodes 5 --transport loopback --processes 9", "9"), ("coordinator --quorum 40", "40"),
      ("coordinator --quorum 5 --nodes 4", "5"), ("coordinator --quorum 5 --lease 90", "90"),
    ])
  func namedNumbers(line: String, number: String) {
    let error = #expect(throws: (any Error).self) {
      try ShoalBench.parseAsRoot(line.split(separator: " ").map(String.init))
    }
    #expect(error.map { ShoalBench.message(for: $0) }?.contains(" is \(number)") == true)
  }

  @Test(
    "two things are not written into one file, be it standard output",
    arguments: [
      "detect --json - --html -", "detect --html - --svg -", "detect --json a --svg a", "goals --json - --markdown -",
      "compare memberlist --json - --html -",
    ])
  func mixedOutputs(line: String) throws {
    let arguments = line.split(separator: " ").map(String.init)
    let error = #expect(throws: (any Error).self) { try ShoalBench.parseAsRoot(arguments) }
    #expect(error.map { ShoalBench.message(for: $0) }?.contains("cannot both be written") == true)
  }

  @Test("as many runs at once as there are cores, unless memory does not allow it")
  func workers() {
    let memory: UInt64 = 16 << 30
    #expect(Job.workers(runs: 100, nodes: 100, cores: 8, memory: memory) == 8)
    #expect(Job.workers(runs: 3, nodes: 100, cores: 8, memory: memory) == 3)
    #expect(Job.workers(runs: 100, nodes: 100_000, cores: 8, memory: memory) == 1)
    #expect(Job.workers(runs: 100, nodes: 0, cores: 2, memory: memory) == 2)
  }
}
