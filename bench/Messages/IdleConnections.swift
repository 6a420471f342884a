import NIOCore
import ShoalCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Connections that say nothing, all from one address, opened by a thread of its own as fast as the kernel takes them.
final class IdleConnections: Sendable {
  /// Tells how many are made or on their way.
  private let thread: StoppableThread<Int>
  private let descriptors: Descriptors

  /// None of the nodes has this address.
  private static let source = "127.0.0.2"

  var opened: Int { thread.told }

  init(_ count: Int, to endpoint: Endpoint) throws {
    let source = try SocketAddress(ipAddress: Self.source, port: 0)
    let target = try SocketAddress(ipAddress: endpoint.host, port: Int(endpoint.port))
    let descriptors = Descriptors()
    self.descriptors = descriptors
    thread = StoppableThread(0) { tell in
      for _ in 0..<count {
        guard let descriptor = Self.open(from: source, to: target) else { return }
        descriptors.all.withLock { $0.append(descriptor) }
        guard tell({ $0 += 1 }) else { return }
      }
    }
  }

  /// Closes all of them.
  func close() {
    thread.stop()
    descriptors.all.withLock { all in
      for descriptor in all { closeDescriptor(descriptor) }
      all = []
    }
  }

  private final class Descriptors: Sendable {
    let all = Mutex<[Int32]>([])
  }

  /// Begins to connect, and waits for nothing; nil when this process has no descriptor left.
  private static func open(from source: SocketAddress, to target: SocketAddress) -> Int32? {
    #if canImport(Glibc)
      let kind = Int32(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    let descriptor = socket(AF_INET, kind, 0)
    guard descriptor >= 0 else { return nil }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    // Where the system has but one loopback address, that one is used.
    _ = unsafe source.withSockAddr { address, size in unsafe bind(descriptor, address, socklen_t(size)) }
    _ = unsafe target.withSockAddr { address, size in unsafe connect(descriptor, address, socklen_t(size)) }
    return descriptor
  }
}

private func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
