/// Where an agent serves its control API: a host and a port, over TCP.
package struct AdminAddress: Sendable, Hashable {
  /// A name, an IPv4 literal, or an IPv6 literal without brackets.
  package let host: String
  /// 0 lets the system choose one when serving.
  package let port: UInt16

  /// Only processes on this machine reach it by default.
  package static let standard = AdminAddress(host: "127.0.0.1", port: 7947)

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Parses `HOST:PORT`, with brackets around an IPv6 literal.
  ///
  /// - Throws: `AdminError` with code `.invalidAddress`, naming the text and the form expected.
  package init(_ text: String) throws(AdminError) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      throw .invalidAddress(text)
    }
    var host = text[..<colon]
    if host.first == "[", host.last == "]" {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw .invalidAddress(text)
    }
    guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { throw .invalidAddress(text) }
    self.init(host: String(host), port: port)
  }

  /// Whether nothing but this machine can reach it: `localhost`, 127.0.0.0/8 or ::1.
  package var isLoopback: Bool { Self.isLoopback(host: host) }

  /// `host` as in an address or a `Host` header, without port and brackets.
  package static func isLoopback(host: String) -> Bool {
    if host.lowercased() == "localhost" { return true }
    if host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil }
  }

  package func with(port: UInt16) -> AdminAddress { AdminAddress(host: host, port: port) }
}

extension AdminAddress: CustomStringConvertible {
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
