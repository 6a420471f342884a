import Foundation
package import Shoal

/// Asks an agent over its control API; what the command line is made of.
package struct AdminClient: Sendable {
  package let address: AdminAddress
  package let token: AdminToken?
  /// From connecting to the last byte of the answer.
  package let timeout: Duration
  /// For how long an agent that is listened to may say nothing.
  package let silenceLimit: Duration

  package init(
    address: AdminAddress, token: AdminToken? = nil, timeout: Duration = .seconds(5),
    silenceLimit: Duration = .seconds(15)
  ) {
    self.address = address
    self.token = token
    self.timeout = timeout
    self.silenceLimit = silenceLimit
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

  // MARK: Operations

  /// Returns when the agent is draining; it may still coordinate then.
  ///
  /// - Parameter timeout: in seconds.
  package func drain(timeout: Double) async throws(AdminError) -> DrainReport {
    try await ask("POST", "/v1/drain?timeout=\(timeout)", for: DrainReport.self)
  }

  package func drainProgress() async throws(AdminError) -> DrainReport {
    try await ask("GET", "/v1/drain", for: DrainReport.self)
  }

  package func undrain() async throws(AdminError) -> DrainReport {
    try await ask("POST", "/v1/undrain", for: DrainReport.self)
  }

  /// Returns when the next one reigns, or none has for 10 s.
  ///
  /// - Throws: `.refused` when the agent does not coordinate, or nobody else may.
  package func abdicate() async throws(AdminError) -> AbdicationReport {
    try await ask("POST", "/v1/abdicate", for: AbdicationReport.self)
  }

  /// Returns when there is a new reign.
  ///
  /// - Throws: `.refused` when there is none within 10 s, or nobody may coordinate.
  package func elect() async throws(AdminError) -> ElectionReport {
    try await ask("POST", "/v1/elect", for: ElectionReport.self)
  }

  /// - Throws: `.unknownMember` when the agent knows nobody under that name; `.refused` for itself and for one that has left.
  package func evict(_ name: String) async throws(AdminError) -> EvictionReport {
    try await ask("POST", "/v1/members/\(Self.encoded(name))/evict", for: EvictionReport.self)
  }

  // MARK: Messages

  /// Returns when the agent has queued the text, or with `awaitingReceipt` when the member's process has it.
  ///
  /// - Throws: `.unknownMember` when the agent knows no living member under that name; `.refused` when it did not get it.
  package func send(
    _ text: String, to name: String, awaitingReceipt: Bool = false
  ) async throws(AdminError) -> SendReport {
    let query = awaitingReceipt ? "?acknowledged=true" : ""
    return try await ask(
      "POST", "/v1/members/\(Self.encoded(name))/messages\(query)", body: Data(text.utf8), for: SendReport.self)
  }

  /// Returns when every other member has the text, or the agent has waited for long enough.
  package func broadcast(_ text: String, topic: Topic? = nil) async throws(AdminError) -> BroadcastReport {
    try await ask(
      "POST", "/v1/broadcast\(Self.query(topic.map { [$0] } ?? []))", body: Data(text.utf8), for: BroadcastReport.self)
  }

  /// One round trip over UDP and one over the channel.
  package func ping(_ name: String) async throws(AdminError) -> RoundTripReport {
    try await ask("POST", "/v1/members/\(Self.encoded(name))/ping", for: RoundTripReport.self)
  }

  /// Hands over every message that the agent's node receives from now on, until the task is cancelled.
  ///
  /// - Parameter topics: instead, what is published to these; all of one order. Default none.
  /// - Throws: `AdminError`, `.noAgent` also when the agent has ended the stream; `CancellationError`; what `body` throws.
  package func listen(to topics: [Topic] = [], _ body: (HeardReport) async throws -> Void) async throws {
    let answer: HTTPAnswer
    do {
      answer = try await HTTPExchange(address: address, timeout: timeout, silenceLimit: silenceLimit)
        .performStreaming("POST", "/v1/listen\(Self.query(topics))", headers: headers) { line in
          guard let report = try? ReportCoding.decode(HeardReport.self, from: line) else { throw notAnAgent }
          try await body(report)
        }
    } catch let error as HTTPExchange.Failure {
      throw Self.failure(error, at: address)
    }
    guard answer.status == 200 else { throw refusal(answer) }
    throw AdminError(.noAgent, "The agent at \(address) has stopped.")
  }

  // MARK: Helpers

  private static func query(_ topics: [Topic]) -> String {
    guard let order = topics.first?.order else { return "" }
    let names = topics.map { topic in
      "topic=" + (topic.name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? topic.name)
    }
    return "?" + (names + ["causal=\(order == .causal)", "total=\(order == .total)"]).joined(separator: "&")
  }

  private var headers: [(String, String)] { token.map { [("Authorization", $0.bearer)] } ?? [] }

  private func ask<Report: Decodable>(
    _ method: String, _ path: String, body: Data = Data(), for type: Report.Type
  ) async throws(AdminError) -> Report {
    let answer = try await ask(method, path, body: body)
    do {
      return try ReportCoding.decode(type, from: answer.body)
    } catch {
      throw notAnAgent
    }
  }

  private func ask(_ method: String, _ path: String, body: Data = Data()) async throws(AdminError) -> HTTPAnswer {
    let answer: HTTPAnswer
    do {
      answer = try await HTTPExchange(address: address, timeout: timeout)
        .perform(method, path, headers: headers, body: body)
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
    case .silent(let span):
      AdminError(
        .noAgent, "The agent at \(address) has said nothing for \(span); it is paused, overloaded, or cut off.")
    case .brokenOff:
      AdminError(.noAgent, "The agent at \(address) has ended the connection; it was killed, or has failed.")
    }
  }
}
