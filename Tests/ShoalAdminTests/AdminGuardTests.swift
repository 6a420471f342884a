import ShoalAdmin
import Testing

struct AdminGuardTests {
  private let token = AdminToken.random()

  private func loopback(_ request: AdminGuard.Request) -> AdminGuard.Refusal? {
    AdminGuard(isLoopback: true, token: token).refusal(for: request)
  }

  private func beyond(_ request: AdminGuard.Request) -> AdminGuard.Refusal? {
    AdminGuard(isLoopback: false, token: token).refusal(for: request)
  }

  @Test(
    "on loopback everybody may read",
    arguments: ["localhost", "localhost:7947", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:7947"])
  func readsAreOpen(host: String) {
    #expect(loopback(.init(isMutating: false, host: host)) == nil)
  }

  @Test(
    "on loopback a foreign Host is refused, token or not",
    arguments: [
      nil, "", "evil.example", "evil.example:7947", "127.0.0.1.evil.example", "10.0.0.5:7947", "[::1].evil.example",
      "[::1", "localhost:evil", "::1",
    ])
  func foreignHost(host: String?) {
    #expect(loopback(.init(isMutating: false, host: host)) == .host)
    #expect(loopback(.init(isMutating: true, host: host, authorization: token.bearer)) == .host)
  }

  @Test("a request from a web page is refused before anything else", arguments: [true, false])
  func origin(isMutating: Bool) {
    let request = AdminGuard.Request(
      isMutating: isMutating, host: "localhost", hasOrigin: true, authorization: token.bearer)
    #expect(loopback(request) == .origin)
    #expect(beyond(request) == .origin)
  }

  @Test("a mutating call needs this agent's token")
  func mutating() {
    #expect(loopback(.init(isMutating: true, host: "localhost")) == .missingToken)
    #expect(loopback(.init(isMutating: true, host: "localhost", authorization: "Bearer")) == .wrongToken)
    #expect(
      loopback(.init(isMutating: true, host: "localhost", authorization: AdminToken.random().bearer)) == .wrongToken)
    #expect(loopback(.init(isMutating: true, host: "localhost", authorization: token.bearer)) == nil)
  }

  @Test("beyond loopback reads need the token too, and any Host will do")
  func beyondLoopback() {
    #expect(beyond(.init(isMutating: false, host: "shoal.example")) == .missingToken)
    #expect(beyond(.init(isMutating: false, host: "shoal.example", authorization: "Bearer x")) == .wrongToken)
    #expect(beyond(.init(isMutating: false, host: "shoal.example", authorization: token.bearer)) == nil)
    #expect(beyond(.init(isMutating: true, host: nil, authorization: token.bearer)) == nil)
  }
}
