import Shoal
import Testing

// README: begin
struct Quote: Codable { var id: Int }
struct Price: Codable { var cents: Int }

func serve(_ configuration: inout MeshConfiguration) {  // before the start, so that no message comes too early
  configuration.handlers.onRequest(Quote.self) { quote, message in Price(cents: quote.id * 100) }
  configuration.handlers.onTopic(Topic("prices"), of: Price.self) { price, message in
    print(price.cents, "from", message.publisher)
  }
}

func talk(on mesh: Mesh, to member: Member) async throws {
  let price: Price = try await mesh.request(Quote(id: 7), to: member.id, deadline: .seconds(5))
  try await mesh.send(Array("hello".utf8), to: member.id, options: .acknowledged)  // its process has it now
  let receipt = try await mesh.broadcast(Array("hello, all".utf8))  // who has it, who has not, and why
  let published = try await mesh.publish(price, to: Topic("prices"))  // to all others; those that subscribe handle it
  print(receipt.acknowledged.count, "have the broadcast,", published.acknowledged.count, "the price")
}
// README: end

@Suite("Example of messages", .timeLimit(.minutes(5)))
struct MessageExampleTests {
  @Test("the messages of the README are sent and answered")
  func example() async throws {
    let nodes = try await MeshHarness.cluster(3, key: try MeshHarness.key()) { serve(&$0) }
    for node in nodes { #expect(await node.sees(3)) }
    try await talk(on: nodes[0], to: nodes[2].myself)
    #expect(await nodes[1].counts("publications_received", atLeast: 2))
    #expect(nodes[0].counter("messages_received") > 0)
    await MeshHarness.shutdown(nodes)
  }
}
