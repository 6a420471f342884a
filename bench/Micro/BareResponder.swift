import AllocationCounter
import ShoalCore
import ShoalSecurity

/// The least that answering a sealed ping takes: receive, open, seal, send, one packet after the other, and no protocol.
final class BareResponder: Sendable {
  /// Tells its CPU time.
  private let thread: StoppableThread<Int64>

  /// Nanoseconds of CPU time that its thread has had, told anew now and then.
  var processorTime: Int64 { thread.told }

  /// - Parameters:
  ///   - socket: connected to whoever pings.
  ///   - peer: whoever pings.
  init(socket: consuming UDPSocket, id: NodeID, key: ClusterKey, clusterID: String, peer: Peer) {
    let sealed = SealedDatagram(identity: id, clusterID: clusterID, key: key, salt: Sodium.randomUInt64())
    let loop = ResponderLoop(socket: socket, sealed: sealed, peer: peer)
    thread = StoppableThread(0) { tell in
      loop.run { tell { $0 = thread_cpu_nanoseconds() } }
    }
  }

  /// Ends the thread.
  func stop() { thread.stop() }
}

/// What the responder's thread does. Confined to that thread.
private final class ResponderLoop {
  private let socket: UDPSocket
  private var sealed: SealedDatagram
  private let peer: Peer
  private let clock = BenchClock()
  private var input = [UInt8](repeating: 0, count: PacketStore.longestPlaintext + SealedDatagram.overhead)
  private var output = [UInt8](repeating: 0, count: PacketStore.longestPlaintext + SealedDatagram.overhead)

  /// Asking for the thread's time costs a call of the kernel, as much as a packet does.
  private static let packetsBetweenLooks = 64

  init(socket: consuming UDPSocket, sealed: consuming SealedDatagram, peer: Peer) {
    self.socket = socket
    self.sealed = sealed
    self.peer = peer
  }

  func run(goesOn: () -> Bool) {
    while goesOn() {
      for _ in 0..<Self.packetsBetweenLooks {
        let count = socket.receive(into: &input)
        guard count > 0 else { break }
        let answered = answer(count)
        if answered > 0 { socket.send(output[..<answered]) }
      }
    }
  }

  /// Turns a ping into an ack. Returns how many bytes of the output it takes; 0 for what is no message.
  private func answer(_ count: Int) -> Int {
    let now = clock.now
    return unsafe input.withUnsafeMutableBytes { bytes in
      let datagram = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
      switch unsafe sealed.open(datagram, now: now, known: { $0 == peer.id.handle ? peer : nil }) {
      case .message(_, let range):
        unsafe datagram[range.lowerBound] = DatagramType.ack.rawValue
        let ack = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: datagram[range]))
        return unsafe output.withUnsafeMutableBytes { unsafe sealed.seal(ack, for: peer.id, into: $0) }
      case .answered:
        output.replaceSubrange(..<sealed.reply.count, with: sealed.reply)
        return sealed.reply.count
      case .proved, .rejected: return 0
      }
    }
  }
}
