import Foundation

/// Asks an agent over its control API; what the command line is made of.
package struct AdminClient: Sendable {
  package let address: AdminAddress
  package let token: AdminToken?
  /// From connecting to the last byte of the answer.
  package let timeout: Duration

  package init(address: AdminAddress, token: AdminToken? = nil, timeout: Duration = .seconds(5)) {
    self.address = address
    self.token = token
    self.timeout = timeout
  }

  package func members() async throws(AdminError) -> MembersReport {
    try await ask("GET", "/v1/members", for: MembersReport.self)
  }

  /// - Throws: `.unknownMember` when the agent has no record under that name.
  package func explanation(of name: String) async throws(AdminError) -> ExplanationReport {
    try await ask("GET", "/v1/members/\(Self.encoded(name))", for: ExplanationReport.self)
  }

  /// - Throws: `.unknownMember` when the agent knows no living member under that name; `.refused` when its metadata has not come yet.
  package func metadata(of name: String) async throws(AdminError) -> [UInt8] {
    [UInt8](try await ask("GET", "/v1/members/\(Self.encoded(name))/metadata").body)
  }

  private static func encoded(_ name: String) -> String {
    var allowed = CharacterSet.urlPathAllowed
    allowed.remove("/")
    // The set is valid and a String is valid Unicode, so encoding cannot fail.
    return name.addingPercentEncoding(withAllowedCharacters: allowed) ?? name
  }

  package func myself() async throws(AdminError) -> SelfReport {
    try await ask("GET", "/v1/self", for: SelfReport.self)
  }

  package func coordinator() async throws(AdminError) -> CoordinatorReport {
    try await ask("GET", "/v1/coordinator", for: CoordinatorReport.self)
  }

  package func coordinatorHistory() async throws(AdminError) -> CoordinatorHistoryReport {
    try await ask("GET", "/v1/coordinator/history", for: CoordinatorHistoryReport.self)
  }

  /// Returns when the agent has said goodbye.
  package func leave() async throws(AdminError) -> LeaveReport {
    try await ask("POST", "/v1/leave", for: LeaveReport.self)
  }

  private func ask<Report: Decodable>(
    _ method: String, _ path: String, for type: Report.Type
  ) async throws(AdminError) -> Report {
    let answer = try await ask(method, path)
    do {
      return try ReportCoding.decode(type, from: answer.body)
    } catch {
      throw notAnAgent
    }
  }

  private func ask(_ method: String, _ path: String) async throws(AdminError) -> HTTPAnswer {
    let answer: HTTPAnswer
    do {
      answer = try await HTTPExchange(address: address, timeout: timeout)
        .perform(method, path, headers: token.map { [("Authorization", $0.bearer)] } ?? [])
    } catch {
      throw Self.failure(error, at: address)
    }
    guard answer.status == 200 else { throw refusal(answer) }
    return answer
  }

  private func refusal(_ answer: HTTPAnswer) -> AdminError {
    guard let report = try? ReportCoding.decode(ErrorReport.self, from: answer.body) else { return notAnAgent }
    switch answer.status {
    case 401:
      return token == nil
        ? AdminError(
          .noToken, "The agent at \(address) wants its token; give the file that holds it with --token-file.")
        : AdminError(.wrongToken, "The agent at \(address) has another token than the one given.")
    case 404: return AdminError(.unknownMember, report.error)
    default: return AdminError(.refused, "The agent at \(address) refused: \(report.error)")
    }
  }

  private var notAnAgent: AdminError {
    AdminError(.notAnAgent, "What answers at \(address) is not a Shoal agent; check --admin or SHOAL_ADMIN.")
  }

  private static func failure(_ error: HTTPExchange.Failure, at address: AdminAddress) -> AdminError {
    switch error {
    case .unreachable(let reason):
      AdminError(
        .noAgent,
        "No agent answers at \(address): \(reason). Start one with \"shoal agent\", or name its address with --admin "
          + "or SHOAL_ADMIN.")
    case .timeout:
      AdminError(.noAgent, "The agent at \(address) did not answer in time; it may be paused or overloaded.")
    case .invalid:
      AdminError(.notAnAgent, "What answers at \(address) is not a Shoal agent; check --admin or SHOAL_ADMIN.")
    }
  }
}
