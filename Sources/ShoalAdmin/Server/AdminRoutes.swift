import Foundation
import Hummingbird
import Shoal

/// What each path of the control API answers. All bodies are JSON, but for metadata, and for the texts that are sent.
enum AdminRoutes {
  static func router(
    for mesh: Mesh, listeners: MessageListeners, guard adminGuard: AdminGuard
  ) -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: AdminErrors())
    router.add(middleware: AdminGuardMiddleware(adminGuard: adminGuard))
    router.get("v1/members") { request, _ in
      try QueryParameters(of: request)
      return try answer(MembersReport(mesh))
    }
    router.get("v1/members/:name") { request, context in
      try QueryParameters(of: request)
      return try answer(await explanation(of: try name(in: context), in: mesh))
    }
    router.get("v1/members/:name/metadata") { request, context in
      try QueryParameters(of: request)
      let bytes = try await metadata(of: try name(in: context), in: mesh)
      return Response(
        status: .ok, headers: [.contentType: "application/octet-stream", .cacheControl: "no-store"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
    router.get("v1/self") { request, _ in
      try QueryParameters(of: request)
      return try answer(SelfReport(mesh))
    }
    router.get("v1/coordinator") { request, _ in
      try QueryParameters(of: request)
      return try answer(CoordinatorReport(mesh))
    }
    router.get("v1/coordinator/history") { request, _ in
      try QueryParameters(of: request)
      return try answer(CoordinatorHistoryReport(mesh))
    }
    router.post("v1/leave") { request, _ in
      try QueryParameters(of: request)
      let name = mesh.myself.name
      do {
        try await mesh.leave()
      } catch {
        throw AdminFailure(.conflict, "\(error)")
      }
      return try answer(LeaveReport(name: name))
    }
    OperationRoutes(mesh: mesh).add(to: router)
    MessageRoutes(mesh: mesh, listeners: listeners).add(to: router)
    return router
  }

  static func name(in context: BasicRequestContext) throws -> String {
    let encoded = try context.parameters.require("name")
    guard let name = encoded.removingPercentEncoding else {
      throw AdminFailure(.badRequest, "\"\(encoded)\" is not a name: its percent-encoding is broken.")
    }
    return name
  }

  /// The living member of this name, or whose NodeID begins with it: eight digits at least.
  static func livingMember(_ name: String, in mesh: Mesh) throws -> Member {
    let found =
      mesh.member(named: name)
      ?? mesh.members.first { name.utf8.count >= 8 && $0.id.description.hasPrefix(name.lowercased()) }
    guard let member = found else {
      throw AdminFailure(.notFound, "\(mesh.myself.name) knows no living member \"\(name)\".")
    }
    return member
  }

  private static func metadata(of name: String, in mesh: Mesh) async throws -> [UInt8] {
    let member = try livingMember(name, in: mesh)
    guard let bytes = await mesh.metadata(of: member.id) else {
      throw AdminFailure(
        .serviceUnavailable, "The metadata of \(member.name) has not come to \(mesh.myself.name) yet; ask again.")
    }
    return bytes
  }

  private static func explanation(of name: String, in mesh: Mesh) async throws -> ExplanationReport {
    let explanations = await mesh.explain(name)
    guard !explanations.isEmpty else {
      throw AdminFailure(.notFound, "\(mesh.myself.name) knows no member \"\(name)\".")
    }
    let known = mesh.departed + mesh.members + [mesh.myself]
    let now = Date().timeIntervalSince1970 * 1_000
    return ExplanationReport(
      explanations, names: Dictionary(known.map { ($0.id, $0.name) }, uniquingKeysWith: { $1 }),
      myself: mesh.myself.id, now: UInt64(max(0, now)))
  }

  static func answer(_ report: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    let body = try ReportCoding.encode(report) + Data("\n".utf8)
    return Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }
}

/// A request that is answered with an error, and the sentence that says why.
struct AdminFailure: Error {
  let status: HTTPResponse.Status
  let message: String

  init(_ status: HTTPResponse.Status, _ message: String) {
    self.status = status
    self.message = message
  }
}

/// Turns every error into `{"error": "…"}`.
private struct AdminErrors: RouterMiddleware {
  func handle(
    _ request: Request, context: BasicRequestContext,
    next: @concurrent (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let failure as AdminFailure {
      return try AdminRoutes.answer(ErrorReport(error: failure.message), status: failure.status)
    } catch let error as HTTPError where error.status == .notFound {
      let message =
        "There is no \(request.method) \(request.uri.path) here, but GET /v1/members, GET /v1/members/{name}, "
        + "GET /v1/members/{name}/metadata, GET /v1/self, GET /v1/coordinator, GET /v1/coordinator/history, "
        + "POST /v1/members/{name}/messages, POST /v1/members/{name}/ping, POST /v1/broadcast, POST /v1/listen, "
        + "GET /v1/drain, POST /v1/drain, POST /v1/undrain, POST /v1/abdicate, POST /v1/elect, "
        + "POST /v1/members/{name}/evict and POST /v1/leave."
      return try AdminRoutes.answer(ErrorReport(error: message), status: .notFound)
    }
  }
}

private struct AdminGuardMiddleware: RouterMiddleware {
  let adminGuard: AdminGuard

  func handle(
    _ request: Request, context: BasicRequestContext,
    next: @concurrent (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    let facts = AdminGuard.Request(
      isMutating: request.method != .get && request.method != .head, host: request.head.authority,
      hasOrigin: request.headers[.origin] != nil, authorization: request.headers[.authorization])
    if let refusal = adminGuard.refusal(for: facts) {
      let isToken = refusal == .missingToken || refusal == .wrongToken
      throw AdminFailure(isToken ? .unauthorized : .forbidden, refusal.message)
    }
    return try await next(request, context)
  }
}
