import Foundation
import Logging
import Shoal
import ShoalAdmin
import Testing

/// A node, named `a` unless told otherwise, with its control API on a free port, in this process.
struct AgentHarness {
  let mesh: Mesh
  let server: AdminServer
  /// The token that the server has drawn.
  let token: AdminToken

  static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

  static func mesh(named name: String = "a", seeds: [Endpoint] = []) async throws -> Mesh {
    var configuration = MeshConfiguration(
      name: name, key: nil, bind: "127.0.0.1:0", seeds: seeds.map(\.description))
    configuration.insecure = true
    configuration.tags = ["zone": "eu1"]
    configuration.logger = silent
    return try await Mesh.start(configuration)
  }

  /// Runs `body` with a fresh agent, whose token file lies in a folder of its own; all of it is gone afterwards.
  static func run<Result>(
    named name: String = "a", seeds: [Endpoint] = [], _ body: (AgentHarness) async throws -> Result
  ) async throws -> Result {
    try await withFolder { folder in
      let mesh = try await mesh(named: name, seeds: seeds)
      let server = try await AdminServer.start(
        .init(address: AdminAddress("127.0.0.1:0"), logger: silent, tokenPath: { "\(folder)/\($0).token" }), for: mesh)
      let file = try #require(server.writtenTokenFile)
      do {
        let result = try await body(AgentHarness(mesh: mesh, server: server, token: AdminToken.read(from: file)))
        await server.shutdown()
        await mesh.shutdown()
        #expect(!FileManager.default.fileExists(atPath: file))
        return result
      } catch {
        await server.shutdown()
        await mesh.shutdown()
        throw error
      }
    }
  }
}

extension AgentHarness {
  /// The same, in a cluster with nodes that are no agents.
  static func run<Result>(
    beside names: [String], _ body: (AgentHarness, [Mesh]) async throws -> Result
  ) async throws -> Result {
    try await run { agent in
      var others: [Mesh] = []
      for name in names { others.append(try await mesh(named: name, seeds: [agent.mesh.endpoint])) }
      for mesh in others + [agent.mesh] {
        for await _ in mesh.events where mesh.members.count == names.count + 1 { break }
      }
      do {
        let result = try await body(agent, others)
        for mesh in others { await mesh.shutdown() }
        return result
      } catch {
        for mesh in others { await mesh.shutdown() }
        throw error
      }
    }
  }

  var client: AdminClient { AdminClient(address: server.address, token: token, timeout: .seconds(60)) }

  /// Looks at something until it holds: again after each round trip to the agent, so that there is something to wait for.
  func waits(for condition: () throws -> Bool) async throws -> Bool {
    for _ in 0..<60_000 {
      if try condition() { return true }
      _ = try await client.members()
    }
    return try condition()
  }
}

/// Runs `body` with a folder of its own, gone afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("shoal-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try await body(folder)
}
