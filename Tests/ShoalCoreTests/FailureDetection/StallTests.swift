import ShoalCore
import Testing

@Suite("Stalls")
struct StallTests {
  private static let silent = WireSamples.record

  /// A node that has just sent the first ping of a probe, and has had no answer.
  private func probing(features: Features = .all) -> LoneNode {
    var configuration = CoreConfiguration.lan
    configuration.features = features
    var node = LoneNode(name: "me", seed: 1, configuration: configuration)
    node.meet(Self.silent)
    while node.pings(to: Self.silent.id) == 0 {
      node.clear()
      node.advance(by: .milliseconds(10))
    }
    node.clear()
    return node
  }

  @Test("nothing is sent again right after a stall: the answer may have come meanwhile")
  func repeatsWait() {
    var node = probing()
    node.stall(for: .milliseconds(180))
    let atOnce = node.pings(to: Self.silent.id)
    #expect(atOnce == 0)
    node.advance(by: .milliseconds(180))
    let later = node.pings(to: Self.silent.id)
    #expect(later > 0)

    var unguarded = probing(features: .all.subtracting(.stallGuard))
    unguarded.stall(for: .milliseconds(180))
    let unexcused = unguarded.pings(to: Self.silent.id)
    #expect(unexcused > 0)
  }

  @Test("a node that is late each time still comes round to asking again, and to the other ways")
  func alwaysLate() {
    var node = probing()
    node.advance(by: .seconds(30), lateBy: .milliseconds(70))
    let (pings, dials) = (node.pings(to: Self.silent.id), node.dialled.count)
    #expect(pings > 20)
    #expect(dials > 0)
  }
}
