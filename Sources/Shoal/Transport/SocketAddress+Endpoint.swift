package import NIOCore
package import ShoalCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Endpoint {
  /// The address as the sockets have it; nil for families other than IP.
  package init?(_ address: SocketAddress) {
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

  /// The address as the sockets want it. Made anew for each datagram: that costs less than remembering one for every member.
  ///
  /// Written into memory of its size by the layout above, since the structures' own members belong to a module that cannot be named.
  package var socketAddress: SocketAddress {
    switch family {
    case .v4:
      var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
      unsafe withUnsafeMutableBytes(of: &words) { bytes in
        unsafe writeHead(AF_INET, into: bytes)
        unsafe bytes.storeBytes(of: UInt32(truncatingIfNeeded: low).bigEndian, toByteOffset: 4, as: UInt32.self)
      }
      return SocketAddress(unsafe unsafeBitCast(words, to: sockaddr_in.self), host: "")
    case .v6:
      var words: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0, 0, 0)
      unsafe withUnsafeMutableBytes(of: &words) { bytes in
        unsafe writeHead(AF_INET6, into: bytes)
        unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: 8, as: UInt64.self)
        unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 16, as: UInt64.self)
      }
      return SocketAddress(unsafe unsafeBitCast(words, to: sockaddr_in6.self), host: "")
    }
  }

  private func writeHead(_ family: Int32, into bytes: UnsafeMutableRawBufferPointer) {
    #if canImport(Darwin)
      unsafe bytes.storeBytes(of: UInt8(bytes.count), as: UInt8.self)
      unsafe bytes.storeBytes(of: UInt8(family), toByteOffset: 1, as: UInt8.self)
    #else
      unsafe bytes.storeBytes(of: UInt16(family), as: UInt16.self)
    #endif
    unsafe bytes.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
  }
}
