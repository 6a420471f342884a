import Shoal
import Synchronization
import Testing

@Suite("Topics on sockets", .timeLimit(.minutes(5)))
struct TopicTests {
  private struct Price: Codable, Sendable, Equatable { var cents: Int }

  /// What handlers have seen, by node.
  private final class Record: Sendable {
    private let seen = Mutex<[Int: [String]]>([:])
    func note(_ text: String, at node: Int) { seen.withLock { $0[node, default: []].append(text) } }
    subscript(node: Int) -> [String] { seen.withLock { $0[node] ?? [] } }
  }

  /// Nodes that serve two others each at most.
  private func cluster(_ count: Int) async throws -> [Mesh] {
    let nodes = try await MeshHarness.cluster(count, key: try MeshHarness.key()) {
      $0.core.messaging.broadcastFanOut = 2
    }
    for node in nodes { #expect(await node.sees(count)) }
    return nodes
  }

  @Test("publications of one node arrive in its order, each once, through relays")
  func order() async throws {
    let nodes = try await cluster(7)
    let record = Record()
    let topic = Topic("orders")
    for (index, node) in nodes.enumerated() {
      node.handlers.onTopic(topic) { record.note(String(decoding: $0.bytes, as: UTF8.self), at: index) }
    }
    for number in 0..<300 {
      let receipt = try await nodes[2].publish(Array("\(number)".utf8), to: topic)
      #expect(receipt.isComplete && receipt.acknowledged.count == 6)
    }
    for index in nodes.indices where index != 2 {
      #expect(await nodes[index].waitsFor { record[index].count == 300 })
      #expect(record[index] == (0..<300).map { "\($0)" })
    }
    #expect(record[2].isEmpty)
    #expect(nodes.contains { $0.counter("publications_relayed") > 0 })
    await MeshHarness.shutdown(nodes)
  }

  @Test("in a causal topic nobody sees an answer before its question")
  func causality() async throws {
    let nodes = try await cluster(5)
    let record = Record()
    let topic = Topic("talk", order: .causal)
    for (index, node) in nodes.enumerated() {
      node.handlers.onTopic(topic) { message in
        let text = String(decoding: message.bytes, as: UTF8.self)
        record.note(text, at: index)
        // The second node answers each question.
        guard index == 1, text.hasPrefix("question") else { return }
        _ = try? await node.publish(Array("answer\(text.dropFirst(8))".utf8), to: topic)
      }
    }
    for number in 0..<50 { _ = try await nodes[0].publish(Array("question \(number)".utf8), to: topic) }
    for index in 2..<5 {
      #expect(await nodes[index].waitsFor { record[index].count == 100 })
      let seen = record[index]
      for number in 0..<50 {
        let question = seen.firstIndex(of: "question \(number)")
        let answer = seen.firstIndex(of: "answer \(number)")
        #expect(question != nil && answer != nil && question ?? 0 < answer ?? 0)
      }
    }
    await MeshHarness.shutdown(nodes)
  }

  @Test("totally ordered publications of two are seen by all in one order, also when the coordinator leaves meanwhile")
  func totalOrder() async throws {
    let nodes = try await cluster(3)
    let record = Record()
    let topic = Topic("ledger", order: .total)
    for (index, node) in nodes.enumerated() {
      node.handlers.onTopic(topic) { message in
        let position = message.position?.number ?? 0
        record.note("\(position) \(String(decoding: message.bytes, as: UTF8.self))", at: index)
      }
      node.handlers.onOrderBroken { record.note("broken \($0)", at: index) }
    }
    #expect(await nodes[1].waitsFor { nodes[1].coordinator?.coordinator == nodes[0].myself.id })
    try await withThrowingTaskGroup(of: Void.self) { group in
      for publisher in 1...2 {
        group.addTask {
          for number in 0..<60 {
            let receipt = try await nodes[publisher].publish(
              Array("\(publisher).\(number)".utf8), to: topic, deadline: .seconds(60))
            #expect(receipt.acknowledged.contains(nodes[3 - publisher].myself.id))
          }
        }
      }
      group.addTask {
        #expect(await nodes[0].waitsFor { record[0].count >= 30 })
        try await nodes[0].leave()
      }
      try await group.waitForAll()
    }
    for index in 1...2 { #expect(await nodes[index].waitsFor { record[index].count == 120 }) }
    #expect(record[1] == record[2])
    #expect(record[1].map { $0.split(separator: " ")[0] } == (1...120).map { "\($0)" })
    #expect(Set(record[1].map { $0.split(separator: " ")[1] }).count == 120)
    #expect(record[1].starts(with: record[0]))
    await MeshHarness.shutdown(nodes)
  }

  @Test("without a coordinator a totally ordered publication is an error when its deadline is over")
  func noCoordinator() async throws {
    let nodes = try await MeshHarness.cluster(2, key: try MeshHarness.key()) { $0.core.coordination.isEnabled = false }
    let error = await #expect(throws: MessageError.self) {
      _ = try await nodes[0].publish([1], to: Topic("ledger", order: .total), deadline: .milliseconds(200))
    }
    #expect(error?.code == .noCoordinator)
    await MeshHarness.shutdown(nodes)
  }

  @Test("values reach those that subscribe, others pass them over, and a subscription can end")
  func subscriptions() async throws {
    let nodes = try await cluster(3)
    let record = Record()
    let topic = Topic("prices")
    nodes[1].handlers.onTopic(topic, of: Price.self) { price, message in
      record.note("\(price.cents) \(message.sequence) \(message.missed)", at: 1)
    }
    #expect(try await nodes[0].publish(Price(cents: 5), to: topic).isComplete)
    #expect(try await nodes[0].publish([0], to: topic).isComplete)
    #expect(await nodes[1].counts("messages_unhandled", atLeast: 1))
    #expect(record[1] == ["5 1 0"])
    nodes[1].handlers.removeTopic(topic)
    #expect(try await nodes[0].publish(Price(cents: 6), to: topic).isComplete)
    #expect(nodes[2].counter("messages_unhandled") == 0)
    await MeshHarness.shutdown(nodes)
    #expect(record[1] == ["5 1 0"])
  }

  @Test("what cannot be a topic, and what is too long, is refused with a reason, and a stopped node says so")
  func refusals() async throws {
    let nodes = try await cluster(2)
    for name in ["", "a\nb", String(repeating: "x", count: 256)] {
      let error = await #expect(throws: MessageError.self) { _ = try await nodes[0].publish([1], to: Topic(name)) }
      #expect(error?.code == .badTopic)
    }
    let limit = MeshHarness.configuration("a", key: try MeshHarness.key()).core.messaging.messageLimit
    let long = await #expect(throws: MessageError.self) {
      _ = try await nodes[0].publish([UInt8](repeating: 0, count: limit + 1), to: Topic("t"))
    }
    #expect(long?.code == .tooLong)
    await MeshHarness.shutdown(nodes)
    let stopped = await #expect(throws: MessageError.self) { _ = try await nodes[0].publish([1], to: Topic("t")) }
    #expect(stopped?.code == .stopped)
  }

  @Test("a publication of the longest length arrives whole, and an alone node's is complete at once")
  func lengths() async throws {
    let nodes = try await cluster(2)
    let record = Record()
    let limit = MeshHarness.configuration("a", key: try MeshHarness.key()).core.messaging.messageLimit
    nodes[1].handlers.onTopic(Topic("large")) { record.note("\($0.bytes.count)", at: 1) }
    let receipt = try await nodes[0].publish(
      [UInt8](repeating: 9, count: limit), to: Topic("large"), deadline: .seconds(60))
    #expect(receipt.isComplete)
    #expect(await nodes[1].waitsFor { record[1] == ["\(limit)"] })
    await nodes[1].shutdown()
    #expect(await nodes[0].sees(1))
    let alone = try await nodes[0].publish([1], to: Topic("large"))
    #expect(alone.isComplete && alone.acknowledged.isEmpty)
    await nodes[0].shutdown()
  }
}
