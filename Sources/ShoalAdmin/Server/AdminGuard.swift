/// Decides whether a request to the control API may go on. Pure: a request's facts in, a refusal or nothing out.
///
/// On loopback, every process of the machine can connect, and so can a web page in a browser of the machine. Hence three
/// rules: a mutating call needs the token, which a page or another user cannot read; `Host` must be loopback, so that a name
/// which an attacker points at 127.0.0.1 does not pass; and a request with an `Origin` comes from a page and is refused.
/// Beyond loopback `Host` may be anything, and reads need the token too.
package struct AdminGuard: Sendable {
  /// What the guard looks at.
  package struct Request: Sendable {
    package var isMutating: Bool
    /// The `Host` header with its port; nil when there is none.
    package var host: String?
    package var hasOrigin: Bool
    package var authorization: String?

    package init(isMutating: Bool, host: String?, hasOrigin: Bool = false, authorization: String? = nil) {
      self.isMutating = isMutating
      self.host = host
      self.hasOrigin = hasOrigin
      self.authorization = authorization
    }
  }

  /// Why a request may not go on.
  package enum Refusal: Sendable, Hashable, CaseIterable {
    /// It carries an `Origin`: it comes from a web page.
    case origin
    /// Its `Host` is not loopback, though the server is.
    case host
    /// It needs a token and has none.
    case missingToken
    /// Its token is another.
    case wrongToken
  }

  private let isLoopback: Bool
  private let token: AdminToken

  package init(isLoopback: Bool, token: AdminToken) {
    self.isLoopback = isLoopback
    self.token = token
  }

  package func refusal(for request: Request) -> Refusal? {
    if request.hasOrigin { return .origin }
    if isLoopback, !(request.host.map(Self.isLoopback(hostHeader:)) ?? false) { return .host }
    guard request.isMutating || !isLoopback else { return nil }
    guard let authorization = request.authorization else { return .missingToken }
    return token.matches(authorization: authorization) ? nil : .wrongToken
  }

  /// A `Host` header is an address without or with a port; an IPv6 literal has brackets.
  private static func isLoopback(hostHeader: String) -> Bool {
    var host = hostHeader[...]
    if host.first == "[" {
      guard let end = host.firstIndex(of: "]") else { return false }
      let rest = host[host.index(after: end)...]
      guard rest.isEmpty || isPort(rest) else { return false }
      host = host[host.index(after: host.startIndex)..<end]
    } else if let colon = host.firstIndex(of: ":") {
      guard isPort(host[colon...]) else { return false }
      host = host[..<colon]
    }
    return AdminAddress.isLoopback(host: String(host))
  }

  private static func isPort(_ text: Substring) -> Bool { text.first == ":" && UInt16(text.dropFirst()) != nil }
}

extension AdminGuard.Refusal {
  package var message: String {
    switch self {
    case .origin: "Requests from web pages are refused: this one carries an Origin header."
    case .host: "The Host header must name this machine: localhost, 127.0.0.1 or [::1]."
    case .missingToken: "This call needs the agent's token, as in \"Authorization: Bearer TOKEN\"."
    case .wrongToken: "The token is not this agent's."
    }
  }
}
