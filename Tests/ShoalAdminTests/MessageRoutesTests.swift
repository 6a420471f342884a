import Foundation
import Shoal
import ShoalAdmin
import Synchronization
import Testing

/// Texts and round trips over the control API.
struct MessageRoutesTests {
  private final class Heard: Sendable {
    private let reports = Mutex<[HeardReport]>([])
    func note(_ report: HeardReport) { reports.withLock { $0.append(report) } }
    var all: [HeardReport] { reports.withLock { $0 } }
  }

  @Test("a text reaches a member by name or NodeID, and the receipt says whether it has it")
  func send() async throws {
    try await AgentHarness.run(beside: ["b"]) { agent, others in
      let seen = Mutex<[[UInt8]]>([])
      others[0].handlers.onMessage { message in seen.withLock { $0.append(message.bytes) } }
      let id = others[0].myself.id.description
      let report = try await agent.client.send("größe", to: "b", awaitingReceipt: true)
      #expect(report.receiver == RecordReport.Node(id: id, name: "b"))
      #expect(report.acknowledged)
      #expect(report.correlation.count == 32)
      let second = try await agent.client.send("", to: String(id.prefix(8)))
      #expect(!second.acknowledged)
      #expect(try await agent.waits { seen.withLock { $0.count } == 2 })
      #expect(seen.withLock { $0 } == [Array("größe".utf8), []])
    }
  }

  @Test("what cannot be sent or pinged is refused, with the reason")
  func refusals() async throws {
    try await AgentHarness.run { agent in
      let unknown = await #expect(throws: AdminError.self) { try await agent.client.send("x", to: "nobody") }
      #expect(unknown?.code == .unknownMember)
      let itself = await #expect(throws: AdminError.self) { try await agent.client.send("x", to: "a") }
      #expect(itself?.code == .refused)
      let ping = await #expect(throws: AdminError.self) { try await agent.client.ping("a") }
      #expect(ping?.code == .refused)
      let long = await #expect(throws: AdminError.self) {
        try await agent.client.broadcast(String(repeating: "x", count: 1 << 20 + 1))
      }
      #expect(long?.code == .refused)
      #expect(long?.message.contains("1048576") == true)
      #expect(long?.message.contains("NIO") == false)
      let stranger = AdminClient(address: agent.server.address)
      for attempt in [
        { _ = try await stranger.send("x", to: "a") }, { _ = try await stranger.broadcast("x") },
        { _ = try await stranger.ping("a") }, { try await stranger.listen { _ in } },
      ] as [() async throws -> Void] {
        let error = await #expect(throws: AdminError.self) { try await attempt() }
        #expect(error?.code == .noToken)
      }
    }
  }

  @Test("a broadcast's report names everybody who has it, and whoever has not, with the reason")
  func broadcast() async throws {
    try await AgentHarness.run(beside: ["b", "c"]) { agent, others in
      let whole = try await agent.client.broadcast("hello")
      #expect(whole.complete)
      #expect(Set(whole.acknowledged.map(\.name)) == ["b", "c"])
      await others[1].shutdown()
      let partial = try await agent.client.broadcast("hello")
      #expect(partial.acknowledged.map(\.name) == ["b"])
      // It may have been found dead before.
      #expect(partial.complete == partial.missing.isEmpty)
      #expect(partial.missing.allSatisfy { $0.node.name == "c" && !$0.reason.isEmpty })
    }
  }

  @Test("a ping takes both ways at once")
  func ping() async throws {
    try await AgentHarness.run(beside: ["b"]) { agent, _ in
      var trips: [RoundTripReport] = []
      // On a busy machine one may take longer than a ping waits.
      while trips.count < 30, trips.last?.udp.error != nil || trips.last?.channel.error != nil || trips.isEmpty {
        trips.append(try await agent.client.ping("b"))
      }
      #expect(trips.last?.member.name == "b")
      #expect(trips.last?.udp.nanoseconds ?? 0 > 0)
      #expect(trips.last?.channel.nanoseconds ?? 0 > 0)
    }
  }

  @Test("a listener gets what comes while it listens, in order, and hears when the agent stops")
  func listen() async throws {
    try await AgentHarness.run(beside: ["b"]) { agent, others in
      let heard = Heard()
      let listening = Task { try await agent.client.listen { heard.note($0) } }
      // It begins at a moment that only shows when something has come.
      let begun = try await agent.waits {
        try others[0].sendOneWay(Array("begin".utf8), to: agent.mesh.myself.id)
        return !heard.all.isEmpty
      }
      #expect(begun)
      for bytes in [[0xFF, 0x41], Array("line\nend".utf8)] as [[UInt8]] {
        try await others[0].send(bytes, to: agent.mesh.myself.id)
      }
      #expect(try await agent.waits { heard.all.last?.text == "line\nend" })
      let last = Array(heard.all.suffix(2))
      #expect(last.map(\.text) == ["\\xffA", "line\nend"])
      #expect(last.map(\.base64) == ["/0E=", nil])
      #expect(last.map(\.bytes) == [2, 8])
      #expect(heard.all.allSatisfy { $0.sender.name == "b" && $0.lost == 0 })
      await agent.server.shutdown()
      let result = await listening.result
      let error = #expect(throws: AdminError.self) { try result.get() }
      #expect(error?.code == .noAgent)
    }
  }

  @Test("a listener notices an agent that says nothing any more")
  func silence() async throws {
    try await AgentHarness.run { agent in
      // Shorter than the agent's own interval: to this listener it has stopped.
      let client = AdminClient(
        address: agent.server.address, token: agent.token, timeout: .seconds(60), silenceLimit: .milliseconds(50))
      let error = await #expect(throws: AdminError.self) { try await client.listen { _ in } }
      #expect(error?.code == .noAgent)
      #expect(error?.message.contains("has said nothing for 0.05 seconds") == true)
    }
  }

  @Test(
    "who listens to a topic gets what is published to it in its order, and nothing else", arguments: TopicOrder.allCases
  )
  func topics(order: TopicOrder) async throws {
    try await AgentHarness.run(beside: ["b"]) { agent, others in
      let topic = Topic("prices & more", order: order)
      let other = Topic("prices & more", order: order == .fifo ? .causal : .fifo)
      let heard = Heard()
      let topics = [topic, Topic("orders", order: order)]
      let listening = Task { try await agent.client.listen(to: topics) { heard.note($0) } }
      let begun = try await agent.waits {
        Task { try await others[0].publish(Array("begin".utf8), to: topic) }
        return !heard.all.isEmpty
      }
      #expect(begun)
      try await others[0].send([1], to: agent.mesh.myself.id)
      _ = try await others[0].publish(Array("to nobody here".utf8), to: other)
      for number in 0..<5 { _ = try await others[0].publish(Array("\(number)".utf8), to: topic) }
      #expect(try await agent.waits { heard.all.contains { $0.text == "4" } })
      #expect(heard.all.map(\.text).filter { $0 != "begin" } == ["0", "1", "2", "3", "4"])
      #expect(heard.all.allSatisfy { $0.topic == topic.name && $0.sender.name == "b" })
      let published = try await agent.client.broadcast("from the agent", topic: topic)
      #expect(published.complete)
      listening.cancel()
      _ = await listening.result
      let wrong = await #expect(throws: AdminError.self) { try await agent.client.broadcast("x", topic: Topic("")) }
      #expect(wrong?.code == .refused)
    }
  }

  @Test("sixteen may listen at once, and who is gone makes room")
  func listenerLimit() async throws {
    try await AgentHarness.run(beside: ["b"]) { agent, others in
      let client = agent.client
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<17 { group.addTask { try await client.listen { _ in } } }
        var refusal: AdminError?
        do { try await group.next() } catch let error as AdminError { refusal = error }
        #expect(refusal?.code == .refused)
        group.cancelAll()
      }
      let heard = Heard()
      let again = Task {
        while heard.all.isEmpty, !Task.isCancelled {
          // Refused for as long as the places are taken; each time is a round trip.
          do { try await client.listen { heard.note($0) } } catch let error as AdminError where error.code == .refused {
          }
        }
      }
      // The places are free when something could not be written to those who had them.
      let isHeard = try await agent.waits {
        try others[0].sendOneWay([1], to: agent.mesh.myself.id)
        return !heard.all.isEmpty
      }
      #expect(isHeard)
      again.cancel()
      _ = await again.result
    }
  }
}

/// What waits for a listener, without a socket.
struct MessageListenerTests {
  private static func report(_ number: Int, bytes: Int = 1) -> HeardReport {
    HeardReport(
      [UInt8](repeating: 0x61, count: bytes), from: RecordReport.Node(id: "1", name: nil),
      correlation: CorrelationID(high: 0, low: 0), at: UInt64(number))
  }

  private func taken(from listener: MessageListener) async -> [HeardReport] {
    var reports: [HeardReport] = []
    while case .message(let report)? = await listener.next() { reports.append(report) }
    return reports
  }

  @Test("a slow one loses the oldest, and the next message tells how many")
  func slow() async {
    let listener = MessageListener()
    for number in 0..<1_500 { listener.put(Self.report(number)) }
    listener.finish()
    let reports = await taken(from: listener)
    #expect(reports.map(\.time) == Array(500..<1_500))
    #expect(reports.map(\.lost) == [500] + [UInt64](repeating: 0, count: 999))
  }

  @Test("so many bytes wait, and no more")
  func bytes() async {
    let listener = MessageListener()
    for number in 0..<100 { listener.put(Self.report(number, bytes: HeardReport.textLimit)) }
    listener.finish()
    let reports = await taken(from: listener)
    #expect(reports.count == MessageListener.byteLimit / HeardReport.textLimit)
    #expect(reports.first?.lost == UInt64(100 - reports.count))
  }

  @Test("who waits gets a message at once, and a heartbeat when there is none")
  func waiting() async {
    let listener = MessageListener()
    let isDone = Mutex(false)
    let first = Task {
      defer { isDone.withLock { $0 = true } }
      return await listener.next()
    }
    while !isDone.withLock({ $0 }) {
      listener.beat()
      await Task.yield()
    }
    #expect(await first.value == .heartbeat)
    listener.put(Self.report(7))
    #expect(await listener.next() == .message(Self.report(7)))
    listener.finish()
    #expect(await listener.next() == nil)
  }
}
