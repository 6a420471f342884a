import ShoalCore
import Testing

/// How long a newcomer waits for seeds that do not answer.
@Suite("Joining")
struct JoiningTests {
  private static let seed = SeedAddress.endpoint(Endpoint(v4: 0x0A00_0002, port: 1))

  private func closed(by node: borrowing LoneNode) -> Int {
    node.actions.count { if case .close = $0 { true } else { false } }
  }

  @Test("after each round in which time ran out, an answer is waited for twice as long, four times at most")
  func patience() {
    var node = LoneNode(name: "me", seed: 1, seeds: [Self.seed])
    var waits: [Int] = []
    while waits.count < 5 {
      while node.dialled.isEmpty { node.advance(by: .milliseconds(100)) }
      let start = node.now.monotonic
      while closed(by: node) == 0 { node.advance(by: .milliseconds(100)) }
      waits.append(Int((node.now.monotonic.since(start) + .milliseconds(500)) / .seconds(1)))
      node.clear()
    }
    #expect(waits == [5, 10, 20, 20, 20])
  }

  @Test("a newcomer that stands still gives up nobody who may have answered meanwhile")
  func standsStill() {
    var node = LoneNode(name: "me", seed: 1, seeds: [Self.seed])
    #expect(node.dialled.count == 1)
    node.stall(for: .seconds(20))
    #expect(closed(by: node) == 0)
    node.advance(by: .seconds(2))
    #expect(closed(by: node) == 1)
  }
}
