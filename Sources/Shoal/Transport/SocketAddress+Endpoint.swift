import NIOCore
import ShoalCore

extension Endpoint {
  /// The address as the sockets have it; nil for families other than IP.
  init?(_ address: SocketAddress) {
    let port = UInt16(address.port ?? 0)
    let family: Family
    switch address {
    case .v4: family = .v4
    case .v6: family = .v6
    case .unixDomainSocket: return nil
    }
    self = unsafe address.withSockAddr { pointer, size in
      unsafe Endpoint(UnsafeRawBufferPointer(start: pointer, count: size), family: family, port: port)
    }
  }

  /// Reads the address out of a `sockaddr_in` or `sockaddr_in6`, whose layouts are the same on Linux and Darwin:
  /// four bytes at offset 4, or sixteen at offset 8, most significant first.
  init(_ bytes: UnsafeRawBufferPointer, family: Family, port: UInt16) {
    func read(at offset: Int, count: Int) -> UInt64 {
      (offset..<offset + count).reduce(UInt64(0)) { $0 << 8 | UInt64(unsafe bytes[$1]) }
    }
    switch family {
    case .v4: self.init(v4: UInt32(truncatingIfNeeded: read(at: 4, count: 4)), port: port)
    case .v6:
      let (high, low) = (read(at: 8, count: 8), read(at: 16, count: 8))
      // An IPv4 address in IPv6 clothes is the IPv4 address.
      if high == 0, low >> 32 == 0xFFFF {
        self.init(v4: UInt32(truncatingIfNeeded: low), port: port)
      } else {
        self.init(v6High: high, low: low, port: port)
      }
    }
  }

  /// Nil never happens: the literal of an endpoint always parses.
  var socketAddress: SocketAddress? {
    let literal = family == .v6 ? String(host.dropFirst().dropLast()) : host
    return try? SocketAddress(ipAddress: literal, port: Int(port))
  }
}

/// Endpoints as the sockets want them, remembered because making one costs more than sending.
struct SocketAddressCache {
  static let limit = 65_536
  private var known: [Endpoint: SocketAddress] = [:]

  mutating func address(of endpoint: Endpoint) -> SocketAddress? {
    if let address = known[endpoint] { return address }
    guard let address = endpoint.socketAddress else { return nil }
    if known.count >= Self.limit { known.removeAll() }
    known[endpoint] = address
    return address
  }
}
