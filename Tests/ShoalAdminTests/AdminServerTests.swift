import Foundation
import Shoal
import ShoalAdmin
import ShoalCore
import Testing

/// The control API of a real node over a real socket.
struct AdminServerTests {
  /// Asks, and expects this status; every answer but a success must hold an error.
  private func expect(
    _ status: Int, _ server: AdminServer, _ method: String, _ path: String, _ headers: [(String, String)] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let answer = try await HTTPExchange(address: server.address, timeout: .seconds(10))
      .perform(method, path, headers: headers)
    #expect(answer.status == status, sourceLocation: sourceLocation)
    if answer.status != 200 {
      #expect(throws: Never.self, sourceLocation: sourceLocation) {
        try ReportCoding.decode(ErrorReport.self, from: answer.body)
      }
    }
  }

  @Test("the members are listed with exactly the documented keys")
  func members() async throws {
    try await AgentHarness.run { agent in
      let answer = try await HTTPExchange(address: agent.server.address, timeout: .seconds(10))
        .perform("GET", "/v1/members")
      let object = try #require(try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
      #expect(Set(object.keys) == ["fingerprint", "converged", "isolated", "members"])
      #expect((object["fingerprint"] as? String)?.count == 16)
      let list = try #require(object["members"] as? [[String: Any]])
      #expect(
        list.map { Set($0.keys) } == [
          [
            "name", "id", "address", "status", "incarnation", "seniority", "role", "flags", "eligible", "tags",
            "metadataVersion", "self",
          ]
        ])
      let report = try await AdminClient(address: agent.server.address).members()
      #expect(report.members.map(\.name) == ["a"])
      #expect(report.members.map(\.id) == [agent.mesh.myself.id.description])
      #expect(report.members.map(\.isSelf) == [true])
      #expect(report.members.map(\.tags) == [["zone": "eu1"]])
    }
  }

  @Test("the node tells its versions, state and counters")
  func myself() async throws {
    try await AgentHarness.run { agent in
      let report = try await AdminClient(address: agent.server.address).myself()
      #expect(report.member.name == "a")
      #expect(report.state == "admitted")
      #expect(report.versions.shoal == ShoalVersion.current)
      #expect(report.versions.protocolLowest == 1)
      #expect(Set(report.counters.keys) == Set(agent.mesh.counters.map(\.name)))
    }
  }

  @Test("a member is explained by name, and an unknown name is not found")
  func explanation() async throws {
    try await AgentHarness.run { agent in
      let client = AdminClient(address: agent.server.address)
      let report = try await client.explanation(of: "a")
      #expect(report.records.map(\.member.name) == ["a"])
      let error = await #expect(throws: AdminError.self) { try await client.explanation(of: "no such/ñame?") }
      #expect(error?.code == .unknownMember)
      #expect(error?.message.contains("no such/ñame?") == true)
    }
  }

  @Test("metadata comes as the bytes that it is, and not at all of nobody")
  func metadata() async throws {
    try await AgentHarness.run { agent in
      let client = AdminClient(address: agent.server.address)
      #expect(try await client.metadata(of: "a").isEmpty)
      let bytes = (0..<65_536).map { UInt8(truncatingIfNeeded: $0) }
      try await agent.mesh.setMetadata(bytes)
      #expect(try await client.metadata(of: "a") == bytes)
      #expect(try await client.metadata(of: String(agent.mesh.myself.id.description.prefix(8))) == bytes)
      #expect(try await client.members().members.map(\.metadataVersion) == [1])
      let error = await #expect(throws: AdminError.self) { try await client.metadata(of: "nobody") }
      #expect(error?.code == .unknownMember)
    }
  }

  @Test("a node leaves when asked with its token, and says so")
  func leave() async throws {
    try await AgentHarness.run { agent in
      let client = AdminClient(address: agent.server.address, token: agent.token, timeout: .seconds(15))
      let report = try await client.leave()
      #expect(report == LeaveReport(name: "a"))
      #expect(agent.mesh.phase == .stopped)
    }
  }

  @Test("without the token a node stays")
  func leaveRefused() async throws {
    try await AgentHarness.run { agent in
      for (token, code) in [(nil, AdminError.Code.noToken), (AdminToken.random(), .wrongToken)] {
        let client = AdminClient(address: agent.server.address, token: token)
        let error = await #expect(throws: AdminError.self) { try await client.leave() }
        #expect(error?.code == code)
      }
      #expect(agent.mesh.phase == .admitted)
    }
  }

  @Test("pages, foreign hosts, unknown paths and wrong methods get an error in JSON")
  func refusals() async throws {
    try await AgentHarness.run { agent in
      let server = agent.server
      try await expect(200, server, "GET", "/v1/self")
      try await expect(403, server, "GET", "/v1/self", [("Origin", "http://evil.example")])
      try await expect(403, server, "GET", "/v1/self", [("Host", "evil.example")])
      try await expect(404, server, "GET", "/")
      try await expect(404, server, "GET", "/v1/leave")
      try await expect(401, server, "POST", "/v1/members")
      try await expect(404, server, "POST", "/v1/members", [("Authorization", agent.token.bearer)])
      try await expect(400, server, "GET", "/v1/members/%zz")
      let page = [("Authorization", agent.token.bearer), ("Origin", "http://localhost")]
      try await expect(403, server, "POST", "/v1/leave", page)
      #expect(agent.mesh.phase == .admitted)
    }
  }

  @Test("a parameter that is unknown, wrong or given twice is refused and named")
  func parameters() async throws {
    try await AgentHarness.run { agent in
      for (method, path, named) in [
        ("GET", "/v1/members?nmae=a", "nmae"), ("GET", "/v1/self?x", "x"), ("GET", "/v1/members/a?json=true", "json"),
        ("GET", "/v1/coordinator?history=true", "history"), ("POST", "/v1/leave?now=true", "now"),
        ("POST", "/v1/members/a/messages?acknowledged=yes", "acknowledged"),
        ("POST", "/v1/members/a/messages?aknowledged=true", "aknowledged"),
        ("POST", "/v1/broadcast?topic=t&causal=true&causal=false", "causal"), ("POST", "/v1/listen?topics=t", "topics"),
        ("POST", "/v1/broadcast?total=true", "topic="),
      ] {
        let answer = try await HTTPExchange(address: agent.server.address, timeout: .seconds(10))
          .perform(method, path, headers: [("Authorization", agent.token.bearer)])
        #expect(answer.status == 400)
        let report = try ReportCoding.decode(ErrorReport.self, from: answer.body)
        #expect(report.error.contains(named))
      }
      #expect(agent.mesh.phase == .admitted)
    }
  }

  @Test("a NodeID is known in upper case as well")
  func upperCase() async throws {
    try await AgentHarness.run { agent in
      let id = agent.mesh.myself.id.description.uppercased()
      let report = try await agent.client.explanation(of: id)
      #expect(report.records.map(\.member.name) == ["a"])
      let metadata = try await agent.client.metadata(of: String(id.prefix(8)))
      #expect(metadata.isEmpty)
    }
  }

  @Test("before there is a mesh the address is taken, the token is written, and whoever asks is told to ask again")
  func beforeMesh() async throws {
    try await withFolder { folder in
      let configuration = AdminServer.Configuration(
        address: try AdminAddress("127.0.0.1:0"), logger: AgentHarness.silent, tokenPath: { "\(folder)/\($0).token" })
      let server = try await AdminServer.start(configuration)
      #expect(FileManager.default.fileExists(atPath: "\(folder)/\(server.address.port).token"))
      try await expect(503, server, "GET", "/v1/self")
      var second = configuration
      second.address = server.address
      let error = await #expect(throws: AdminError.self) { _ = try await AdminServer.start(second) }
      #expect(error?.code == .addressUnavailable)
      let mesh = try await AgentHarness.mesh()
      server.serve(mesh)
      try await expect(200, server, "GET", "/v1/self")
      await server.shutdown()
      await mesh.shutdown()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test("beyond loopback nothing starts without a token file")
  func beyondLoopback() async throws {
    let mesh = try await AgentHarness.mesh()
    let error = await #expect(throws: AdminError.self) {
      _ = try await AdminServer.start(.init(address: AdminAddress("0.0.0.0:0"), logger: AgentHarness.silent), for: mesh)
    }
    #expect(error?.code == .noToken)
    await mesh.shutdown()
  }

  @Test("with an operator's token file no other file is written, and that token counts")
  func operatorToken() async throws {
    try await withFolder { folder in
      let token = AdminToken.random()
      try token.write(to: folder + "/token")
      let mesh = try await AgentHarness.mesh()
      let server = try await AdminServer.start(
        .init(address: AdminAddress("127.0.0.1:0"), tokenFile: folder + "/token", logger: AgentHarness.silent),
        for: mesh)
      #expect(server.writtenTokenFile == nil)
      let report = try await AdminClient(address: server.address, token: token, timeout: .seconds(15)).leave()
      #expect(report.left)
      await server.shutdown()
      await mesh.shutdown()
      #expect(FileManager.default.fileExists(atPath: folder + "/token"))
    }
  }

  @Test("a port in use is named in the error")
  func portInUse() async throws {
    try await AgentHarness.run { agent in
      let error = await #expect(throws: AdminError.self) {
        _ = try await AdminServer.start(
          .init(address: agent.server.address, logger: AgentHarness.silent), for: agent.mesh)
      }
      #expect(error?.code == .addressUnavailable)
      #expect(error?.message.contains("\(agent.server.address)") == true)
    }
  }

  @Test("where no agent is, the client says so")
  func noAgent() async throws {
    // A port that the system gives to nobody: one that has just become free might be another test's by now.
    let address = AdminAddress(host: "127.0.0.1", port: 1)
    let error = await #expect(throws: AdminError.self) { try await AdminClient(address: address).members() }
    #expect(error?.code == .noAgent)
    #expect(error?.message.contains("\(address)") == true)
  }
}
