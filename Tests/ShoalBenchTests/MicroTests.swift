import Foundation
import ShoalBench
import Testing

@Suite struct MicroTests {
  @Test("valgrind's count is found among what it says")
  func collected() {
    let text = """
      ==77== Callgrind, a call-graph generating cache profiler
      ==77== Events    : Ir
      ==77== Collected : 123456789
      ==77== I   refs:      123,456,789
      """
    #expect(InstructionCounter.collected(in: text) == 123_456_789)
    #expect(InstructionCounter.collected(in: "valgrind: no such program") == nil)
  }

  @Test("every operation does what it is measured for, each time", arguments: MicroOperation.all.map(\.name))
  func operations(name: String) throws {
    let operation = try #require(try MicroOperation.all.first { $0.name == name }?.make())
    operation.prepare(50)
    let before = operation.successes()
    for step in 0..<50 { operation.step(step) }
    #expect(operation.successes() - before == 50)
    #expect(operation.name == name)
  }

  @Test("a node and a bare loop both answer pings over real sockets")
  func datagramPath() async throws {
    let (node, bare) = try await onOwnThread {
      let path = DatagramPath(seconds: 0.05)
      return (try path.node(), try path.bare())
    }
    #expect(node > 0)
    #expect(bare > 0)
  }
}
