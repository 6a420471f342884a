import Shoal
import ShoalCore
import Testing

@Suite("The coordinator on sockets", .timeLimit(.minutes(5)))
struct CoordinatorTests {
  @Test("all nodes follow one coordinator; when it goes, the next one under a higher epoch")
  func succession() async throws {
    var nodes = try await MeshHarness.cluster(3, key: try MeshHarness.key())
    let ids = nodes.map(\.myself.id)
    for node in nodes { #expect(await node.waits { $0.coordinator?.coordinator == ids[0] }) }
    #expect(nodes.map(\.isCoordinator) == [true, false, false])
    #expect(nodes.map(\.coordinationState) == [.coordinating, .following, .following])
    let first = try #require(nodes[1].coordinator)
    #expect(first.name == "node-0")

    let gone = nodes.removeFirst()
    await gone.shutdown()
    #expect(!gone.isCoordinator && gone.coordinator == nil)
    for node in nodes { #expect(await node.waits { $0.coordinator?.coordinator == ids[1] }) }
    let second = try #require(nodes[1].coordinator)
    #expect(second.epoch > first.epoch)
    #expect(second.reason == .died)
    #expect(nodes[0].isCoordinator)

    try await nodes.removeFirst().leave()
    #expect(await nodes[0].waits { $0.coordinator?.coordinator == ids[2] })
    // A machine that stands still for long enough may give one of them several reigns.
    let history = nodes[0].reignHistory
    let last = ["node-0", "node-1", "node-2"].map { name in history.lastIndex { $0.reign.name == name } }
    #expect(last.compactMap(\.self) == last.compactMap(\.self).sorted())
    #expect(last.map { $0.map { history[$0].end } } == [.died, .left, .some(nil)])
    await MeshHarness.shutdown(nodes)
  }

  @Test("a change of coordinator is an event")
  func events() async throws {
    let nodes = try await MeshHarness.cluster(2, key: try MeshHarness.key())
    var events = nodes[1].events.makeAsyncIterator()
    #expect(await nodes[1].waits { $0.coordinator != nil })
    let first = nodes[1].coordinator
    await nodes[0].shutdown()
    #expect(await nodes[1].waits { $0.isCoordinator })
    #expect(nodes[1].coordinator != first)
    var latest: Reign?
    while latest != nodes[1].coordinator, let event = await events.next() {
      if case .coordinatorChanged(let reign) = event { latest = reign }
    }
    #expect(latest == nodes[1].coordinator)
    await nodes[1].shutdown()
  }
}
