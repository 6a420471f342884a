import NIOCore
import NIOPosix
import ShoalCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How a node stands still that shares its event loop with others.
package enum StandstillKind: Sendable {
  /// As by SIGSTOP: its kernel still takes datagrams in, and accepts connections that nobody answers.
  case process
  /// As a machine that is switched off or frozen: nothing is taken in, and connections are neither accepted nor refused.
  case machine
}

/// One node that does no work for a while, or for good: what has to be done, or undone, when it goes on.
final class Standstill {
  typealias Step = (inout Engine, Now, inout Outbox) -> Void

  let kind: StandstillKind
  /// What came to an end meanwhile, such as a dial; the engine hears of it afterwards.
  var heldSteps: [Step] = []
  /// Own connections that fill the queue of those that wait to be accepted.
  private var fillers: [CInt] = []

  private static let fillerLimit = 16

  init(kind: StandstillKind) { self.kind = kind }

  /// Lets the kernel drop whoever wants to connect: the queue of those that wait becomes as short as can be, and is filled.
  func fillAcceptQueue(of server: any Channel) {
    guard let address = server.localAddress else { return }
    Self.withDescriptor(of: server) { listen($0, 0) }
    while fillers.count < Self.fillerLimit {
      #if canImport(Glibc)
        let filler = socket(address.protocol == .inet6 ? AF_INET6 : AF_INET, CInt(SOCK_STREAM.rawValue), 0)
      #else
        let filler = socket(address.protocol == .inet6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0)
      #endif
      guard filler >= 0 else { return }
      _ = fcntl(filler, F_SETFL, O_NONBLOCK)
      let isConnected = unsafe address.withSockAddr { pointer, size in
        unsafe connect(filler, pointer, socklen_t(size)) == 0
      }
      // On loopback a connection stands at once, or its first packet was dropped: then the queue is full.
      guard isConnected else {
        close(filler)
        return
      }
      fillers.append(filler)
    }
  }

  /// Lets connections wait again; those of our own that did are gone.
  func emptyAcceptQueue(of server: any Channel, backlog: CInt) {
    release()
    Self.withDescriptor(of: server) { listen($0, backlog) }
  }

  /// Forgets the datagrams that a kernel took in which, in the case that is played, did not run either.
  func discardDatagrams(of channel: any Channel) {
    Self.withDescriptor(of: channel) { descriptor in
      var byte: UInt8 = 0
      while unsafe recv(descriptor, &byte, 1, CInt(MSG_DONTWAIT)) >= 0 {}
      return 0
    }
  }

  func release() {
    for filler in fillers { close(filler) }
    fillers.removeAll()
  }

  private static func withDescriptor(of channel: any Channel, _ body: (NIOBSDSocket.Handle) -> CInt) {
    _ = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
      body($0)
    }
  }
}
