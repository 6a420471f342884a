import Foundation
import Logging
import Shoal
import ShoalAdmin
import Testing

/// A node named `a` with its control API on a free port, in this process.
struct AgentHarness {
  let mesh: Mesh
  let server: AdminServer
  /// The token that the server has drawn.
  let token: AdminToken

  static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

  static func mesh() async throws -> Mesh {
    var configuration = MeshConfiguration(name: "a", key: nil, bind: "127.0.0.1:0")
    configuration.insecure = true
    configuration.tags = ["zone": "eu1"]
    configuration.logger = silent
    return try await Mesh.start(configuration)
  }

  /// Runs `body` with a fresh agent, whose token file lies in a folder of its own; all of it is gone afterwards.
  static func run<Result>(_ body: (AgentHarness) async throws -> Result) async throws -> Result {
    try await withFolder { folder in
      let mesh = try await mesh()
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

/// Runs `body` with a folder of its own, gone afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("shoal-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try await body(folder)
}
