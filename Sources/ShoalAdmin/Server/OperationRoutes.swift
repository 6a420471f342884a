import Foundation
import Hummingbird
import Shoal

/// What the control API does for operators: drain, abdicate, elect, evict.
struct OperationRoutes: Sendable {
  let mesh: Mesh

  /// How long an answer may wait for the next reign.
  static let patience = Duration.seconds(10)

  func add(to router: Router<BasicRequestContext>) {
    router.get("v1/drain") { request, _ in
      try QueryParameters(of: request)
      return try AdminRoutes.answer(DrainReport(mesh))
    }
    router.post("v1/drain") { request, _ in
      let timeout = try Self.timeout(of: request)
      try await orRefuse { () async throws(MeshError) in try await mesh.drain(timeout: timeout) }
      return try AdminRoutes.answer(DrainReport(mesh))
    }
    router.post("v1/undrain") { request, _ in
      try QueryParameters(of: request)
      try await orRefuse { () async throws(MeshError) in try await mesh.undrain() }
      return try AdminRoutes.answer(DrainReport(mesh))
    }
    router.post("v1/abdicate") { request, _ in
      try QueryParameters(of: request)
      return try AdminRoutes.answer(await abdicate())
    }
    router.post("v1/elect") { request, _ in
      try QueryParameters(of: request)
      let reign = try await orRefuse { () async throws(MeshError) in try await mesh.elect(within: Self.patience) }
      return try AdminRoutes.answer(ElectionReport(reign: ReignReport(reign)))
    }
    router.post("v1/members/:name/evict") { request, context in
      try QueryParameters(of: request)
      let member = try knownMember(try AdminRoutes.name(in: context))
      try await orRefuse { () async throws(MeshError) in try await mesh.evict(member.id) }
      return try AdminRoutes.answer(EvictionReport(member))
    }
  }

  private func abdicate() async throws -> AbdicationReport {
    let before = mesh.coordinator?.epoch ?? 0
    let events = mesh.events.makeAsyncIterator()
    try await orRefuse { () async throws(MeshError) in try await mesh.abdicate() }
    let next = await mesh.reign(above: before, within: Self.patience, in: events)
    return AbdicationReport(name: mesh.myself.name, coordinator: next.map { ReignReport($0) })
  }

  /// `?timeout=` in seconds.
  private static func timeout(of request: Request) throws -> Duration {
    guard let text = try QueryParameters(of: request, lists: ["timeout"]).list("timeout").first else {
      return DrainReport.standardTimeout
    }
    guard let seconds = Double(text), (0...3_600).contains(seconds) else {
      throw AdminFailure(.badRequest, "The timeout is \"\(text)\"; give 0 to 3600 seconds.")
    }
    return .seconds(seconds)
  }

  /// The member of this name, or whose NodeID begins with it (eight digits at least): a living one, or one that is dead, or has left.
  private func knownMember(_ name: String) throws -> Member {
    let departed = mesh.departed.filter { member in
      member.name == name || (name.utf8.count >= 8 && member.id.description.hasPrefix(name))
    }
    // Of several dead ones the latest is meant, and of those that have left none.
    let latest = departed.max { first, second in
      (first.status == .dead ? 1 : 0, first.seniority) < (second.status == .dead ? 1 : 0, second.seniority)
    }
    if let living = try? AdminRoutes.livingMember(name, in: mesh) { return living }
    guard let latest else {
      throw AdminFailure(.notFound, "\(mesh.myself.name) knows no member \"\(name)\".")
    }
    return latest
  }

  @discardableResult
  private func orRefuse<Result: Sendable>(
    _ body: () async throws(MeshError) -> Result
  ) async throws(AdminFailure) -> Result {
    do { return try await body() } catch { throw AdminFailure(.conflict, "\(error).") }
  }
}
