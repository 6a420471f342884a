import NIOCore
import NIOPosix
import ShoalCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Looks host names up on a thread of its own, so that no event loop waits for a name server.
enum HostResolver {
  /// All addresses of a name, in the system's order; empty when there are none.
  static func resolve(_ host: String, port: UInt16, on eventLoop: any EventLoop) -> EventLoopFuture<[Endpoint]> {
    NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { lookUp(host, port: port) }
      .flatMapErrorThrowing { _ in [] }
  }

  static func lookUp(_ host: String, port: UInt16) -> [Endpoint] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    #if canImport(Glibc)
      unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      unsafe hints.ai_socktype = SOCK_STREAM
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
    defer { unsafe freeaddrinfo(list) }
    var endpoints: [Endpoint] = []
    var entry = unsafe list
    while let current = unsafe entry {
      if let endpoint = unsafe endpoint(of: current.pointee, port: port), !endpoints.contains(endpoint) {
        endpoints.append(endpoint)
      }
      unsafe entry = current.pointee.ai_next
    }
    return endpoints
  }

  private static func endpoint(of info: addrinfo, port: UInt16) -> Endpoint? {
    let bytes = unsafe UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen))
    switch unsafe info.ai_family {
    case AF_INET where bytes.count >= 8: return unsafe Endpoint(bytes, family: .v4, port: port)
    case AF_INET6 where bytes.count >= 24: return unsafe Endpoint(bytes, family: .v6, port: port)
    default: return nil
    }
  }
}
