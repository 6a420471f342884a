import Shoal
import Testing

/// The code that README shows, compiled and run as it stands there.
@Suite("Embedding example", .timeLimit(.minutes(5)))
struct EmbeddingExampleTests {
  @Test("the example of the README runs")
  func example() async throws {
    let key = try MeshHarness.key()
    let seed = try await Mesh.start(MeshHarness.configuration("orders-0", key: key, clusterID: "orders"))
    try await Self.run(key: key, seeds: [seed.endpoint.description])
    await seed.shutdown()
  }

  static func run(key: ClusterKey, seeds: [String]) async throws {
    // README: begin
    var configuration = MeshConfiguration(
      name: "orders-1", clusterID: "orders", key: key, bind: "127.0.0.1:0", seeds: seeds)
    configuration.tags = ["zone": "a"]
    let mesh = try await Mesh.start(configuration)

    let watcher = Task {
      for await event in mesh.events {  // begins with a snapshot of the living members
        switch event {
        case .snapshot(let members): print("here now:", members.map(\.name))
        case .joined(let member), .recovered(let member): print(member.name, "is at", member.endpoint)
        case .died(let member), .left(let member): print(member.name, "is", member.status)
        default: break  // suspicions, tags, isolation; later versions may add kinds
        }
      }
    }

    print(mesh.members.count, "members, fingerprint", String(mesh.fingerprint, radix: 16))  // at once, from anywhere
    try await mesh.leave()  // a goodbye: the others see `.left`, never a failure
    await watcher.value  // the sequence ended with the node
    // README: end
  }
}
