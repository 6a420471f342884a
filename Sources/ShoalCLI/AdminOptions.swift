import ArgumentParser
import Foundation
import ShoalAdmin

/// How every command but `agent` and `keygen` finds its agent.
struct AdminOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The agent's control API; default: SHOAL_ADMIN, or \(AdminAddress.standard).", valueName: "host:port"))
  var admin: String?

  @Option(
    help: ArgumentHelp(
      "A file with the agent's token; default: SHOAL_TOKEN_FILE, or the file that an agent of this user wrote.",
      valueName: "path"))
  var tokenFile: String?

  func client(timeout: Duration = .seconds(5)) throws -> AdminClient {
    let environment = ProcessInfo.processInfo.environment
    let address = try (admin ?? environment["SHOAL_ADMIN"]).map { try AdminAddress($0) } ?? .standard
    guard address.port != 0 else {
      throw CommandFailure("The address \(address) has port 0; name the port that the agent printed when it started.")
    }
    return AdminClient(address: address, token: try token(for: address, environment: environment), timeout: timeout)
  }

  /// Asks the agent for something that needs its token.
  ///
  /// - Parameter deed: what is asked, as in "to leave".
  func ask<Answer>(
    _ deed: String, timeout: Duration, _ body: (AdminClient) async throws -> Answer
  ) async throws -> Answer {
    let client = try self.client(timeout: timeout)
    do { return try await body(client) } catch let error as AdminError {
      throw explained(error, asking: deed, of: client)
    }
  }

  /// Without a token: where one would lie, and who may read it.
  func explained(_ error: AdminError, asking deed: String, of client: AdminClient) -> any Error {
    guard error.code == .noToken else { return error }
    return CommandFailure(
      "Asking the agent at \(client.address) \(deed) needs its token, and there is none in "
        + "\(AdminTokenFile.path(port: client.address.port)). Run this as the user who runs the agent, or give "
        + "--token-file PATH.")
  }

  private func token(for address: AdminAddress, environment: [String: String]) throws -> AdminToken? {
    if let file = tokenFile ?? environment["SHOAL_TOKEN_FILE"] { return try AdminToken.read(from: file) }
    // The file is about an agent on this machine; its token is nobody else's business.
    guard address.isLoopback else { return nil }
    // Without a readable one, the agent says whether it was needed.
    return try? AdminToken.read(from: AdminTokenFile.path(port: address.port))
  }
}
