import Foundation
import Shoal
import ShoalAdmin
import Testing

/// What operators do over the control API, to real nodes over real sockets.
struct OperationTests {
  /// Waits until this node and the others follow one reign, and hands it over.
  private func settled(_ agent: AgentHarness, _ meshes: [Mesh]) async throws -> Reign {
    let isOne = try await agent.waits {
      let reigns = Set(meshes.map(\.coordinator))
      return reigns.count == 1 && reigns.first != .some(nil) && meshes.contains(where: \.isCoordinator)
    }
    #expect(isOne)
    return try #require(meshes[0].coordinator)
  }

  @Test("every operation needs the token, and none is a GET")
  func guarded() async throws {
    try await AgentHarness.run { agent in
      let client = AdminClient(address: agent.server.address, timeout: .seconds(20))
      let attempts: [() async throws -> Void] = [
        { _ = try await client.drain(timeout: 1) }, { _ = try await client.undrain() },
        { _ = try await client.abdicate() }, { _ = try await client.elect() }, { _ = try await client.evict("a") },
      ]
      for attempt in attempts {
        let error = await #expect(throws: AdminError.self) { try await attempt() }
        #expect(error?.code == .noToken)
      }
      for path in ["/v1/undrain", "/v1/abdicate", "/v1/elect", "/v1/members/a/evict"] {
        let answer = try await HTTPExchange(address: agent.server.address, timeout: .seconds(10)).perform("GET", path)
        #expect(answer.status == 404)
      }
      #expect(agent.mesh.myself.flags == [])
    }
  }

  @Test("a drained agent hands the reign over, all see it draining, and undrained it takes the reign back")
  func drain() async throws {
    try await AgentHarness.run(beside: ["b"]) { agent, others in
      let meshes = [agent.mesh] + others
      let before = try await settled(agent, meshes)
      #expect(before.name == "a")
      let report = try await agent.client.drain(timeout: 30)
      #expect(report.name == "a" && report.draining && !report.coordinating && report.openTokens == 0)
      #expect(try await agent.waits { others[0].isCoordinator && agent.mesh.coordinator?.name == "b" })
      #expect(agent.mesh.coordinator?.reason == .drained)
      let members = try await agent.client.members().members
      #expect(members.first { $0.name == "a" }?.flags == ["draining"])
      #expect(members.first { $0.name == "a" }?.eligible == false)
      #expect(members.first { $0.name == "b" }?.eligible == true)
      #expect(try await agent.client.drainProgress() == report)
      let undrained = try await agent.client.undrain()
      #expect(!undrained.draining)
      #expect(try await agent.waits { agent.mesh.isCoordinator && others[0].coordinator?.name == "a" })
    }
  }

  @Test("a timeout out of range is refused with its value", arguments: ["-1", "nonsense", "3601"])
  func badTimeout(text: String) async throws {
    try await AgentHarness.run { agent in
      let answer = try await HTTPExchange(address: agent.server.address, timeout: .seconds(10))
        .perform("POST", "/v1/drain?timeout=\(text)", headers: [("Authorization", agent.token.bearer)])
      #expect(answer.status == 400)
      #expect(String(decoding: answer.body, as: UTF8.self).contains(text))
      #expect(agent.mesh.myself.flags == [])
    }
  }

  @Test("an abdication answers who reigns next, and is refused where nobody else may, and by one that does not reign")
  func abdicate() async throws {
    try await AgentHarness.run { agent in
      for await _ in agent.mesh.events where agent.mesh.isCoordinator { break }
      let error = await #expect(throws: AdminError.self) { try await agent.client.abdicate() }
      #expect(error?.code == .refused)
      #expect(error?.message.contains("nobody else") == true)
    }
    try await AgentHarness.run(beside: ["b"]) { agent, others in
      let before = try await settled(agent, [agent.mesh] + others)
      let report = try await agent.client.abdicate()
      #expect(report.name == "a")
      #expect(report.coordinator?.name == "b" && report.coordinator?.reason == "abdicated")
      #expect((report.coordinator?.epoch ?? 0) > before.epoch)
      let error = await #expect(throws: AdminError.self) { try await agent.client.abdicate() }
      #expect(error?.message.contains("a does not coordinate, but b does") == true)
    }
  }

  @Test("an election answers the new reign, whoever is asked")
  func elect() async throws {
    try await AgentHarness.run(beside: ["b"]) { agent, others in
      let before = try await settled(agent, [agent.mesh] + others)
      let report = try await agent.client.elect()
      #expect(report.reign.name == "a" && report.reign.reason == "forced" && report.reign.epoch > before.epoch)
      // The other one has heard of it, too.
      _ = try await settled(agent, [agent.mesh] + others)
      let asked = try await others[0].elect()
      #expect(asked.name == "a" && asked.reason == .forced && asked.epoch > report.reign.epoch)
      let history = try await agent.client.coordinatorHistory().reigns
      #expect(history.contains { $0.end == "forced" })
    }
  }

  @Test("an evicted node has left for that reason, and stops with it")
  func evict() async throws {
    try await AgentHarness.run(beside: ["b", "c"]) { agent, others in
      let report = try await agent.client.evict("b")
      #expect(report.name == "b" && report.status == "alive" && report.id == others[0].myself.id.description)
      #expect(await others[0].waitUntilStopped() == .left(.evicted))
      #expect(try await agent.waits { others[1].departed.map(\.leaveReason) == [.evicted] })
      let again = await #expect(throws: AdminError.self) { try await agent.client.evict("b") }
      #expect(again?.code == .refused && again?.message.contains("left already") == true)
      let unknown = await #expect(throws: AdminError.self) { try await agent.client.evict("nobody") }
      #expect(unknown?.code == .unknownMember)
      let oneself = await #expect(throws: AdminError.self) { try await agent.client.evict("a") }
      #expect(oneself?.code == .refused && oneself?.message.contains("leave") == true)
      let prefix = String(others[1].myself.id.description.prefix(8))
      #expect(try await agent.client.evict(prefix).name == "c")
    }
  }

  @Test("an agent that is not eligible never coordinates, and a cluster of such has nobody")
  func notEligible() async throws {
    var configuration = MeshConfiguration(name: "a", key: nil, bind: "127.0.0.1:0")
    configuration.insecure = true
    configuration.logger = AgentHarness.silent
    configuration.core.coordination.isEligible = false
    let mesh = try await Mesh.start(configuration)
    #expect(mesh.coordinationState == .noneEligible)
    #expect(MemberReport(mesh.myself, myself: mesh.myself.id).flags == ["notEligible"])
    let error = await #expect(throws: MeshError.self) { try await mesh.elect() }
    #expect(error?.code == .operationRefused)
    await mesh.shutdown()
    let stopped = await #expect(throws: MeshError.self) { try await mesh.drain() }
    #expect(stopped?.code == .stopped)
  }
}
