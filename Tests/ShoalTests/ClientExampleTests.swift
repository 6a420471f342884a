import Shoal
import Testing

// README: begin
struct Report: Codable { var orders: Int }

func visit(seeds: [String], key: ClusterKey) async throws {
  let configuration = MeshClientConfiguration(clusterID: "orders")
  configuration.handlers.onMessage(Report.self) { report, message in print(report.orders, "orders at", message.sender) }
  let client = try await MeshClient.connect(to: seeds, key: key, configuration: configuration)
  for member in try await client.members() {  // as the member that let the client in sees them
    let price: Price = try await client.request(Quote(id: 7), to: member.id)
    print(member.name, "says", price.cents)
  }
  await client.close()
}
// README: end

@Suite("Example of a client", .timeLimit(.minutes(5)))
struct ClientExampleTests {
  @Test("the client of the README asks every member")
  func example() async throws {
    let key = try MeshHarness.key()
    let nodes = try await MeshHarness.cluster(2, key: key) { configuration in
      configuration.clusterID = "orders"
      configuration.handlers = MessageHandlers()
      serve(&configuration)
    }
    for node in nodes { #expect(await node.sees(2)) }
    try await visit(seeds: nodes.map(\.endpoint.description), key: key)
    for node in nodes { #expect(node.counter("messages_received") > 0) }
    for node in nodes { #expect(await node.waitsFor { node.counter("clients") == 0 }) }
    await MeshHarness.shutdown(nodes)
  }
}
