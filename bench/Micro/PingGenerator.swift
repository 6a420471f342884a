import ShoalCore
import ShoalSecurity

/// A member that does nothing but ping: many sealed pings are under way at any time, from a bare socket, on a thread of its own.
///
/// It proves itself when it is challenged, tells its own record, and answers the pings that it gets, as every member does.
final class PingGenerator: Sendable {
  /// So many pings wait for their ack at a time.
  private static let window = 64

  /// Tells how many pings have been answered.
  private let thread: StoppableThread<Int>
  let record: Record
  /// Where it can be reached.
  let port: UInt16

  /// How many pings have been answered so far.
  var answered: Int { thread.told }

  /// - Parameters:
  ///   - target: whose port is pinged.
  ///   - fingerprint: of the target's view once it holds this member; asked for with each burst.
  init(
    target: NodeID, port: UInt16, key: ClusterKey, clusterID: String, fingerprint: @escaping @Sendable () -> UInt64
  ) throws(StepFailure) {
    let socket = try UDPSocket()
    try socket.connect(toPort: port)
    self.port = socket.port
    record = Record(
      id: .random(), incarnation: 1, seniority: 2, role: .member, versions: .current, salt: Sodium.randomUInt64(),
      endpoint: Endpoint(v4: 0x7F00_0001, port: socket.port), name: "pinger", tags: [:], supersedes: nil)
    let sealed = SealedDatagram(identity: record.id, clusterID: clusterID, key: key, salt: record.salt)
    let body = PingLoop(socket: socket, sealed: sealed, record: record, target: target, fingerprint: fingerprint)
    thread = StoppableThread(0) { tell in
      body.run(window: Self.window) { answered in tell { $0 += answered } }
    }
  }

  /// Ends the thread.
  func stop() { thread.stop() }
}

/// What the generator's thread does. Confined to that thread.
private final class PingLoop {
  private let socket: UDPSocket
  private var sealed: SealedDatagram
  private let record: Record
  private let target: NodeID
  private let fingerprint: () -> UInt64
  private var output = [UInt8](repeating: 0, count: PacketStore.longestPlaintext + SealedDatagram.overhead)
  private var input = [UInt8](repeating: 0, count: PacketStore.longestPlaintext + SealedDatagram.overhead)
  private var plaintext: [UInt8] = []
  private let clock = BenchClock()

  init(
    socket: consuming UDPSocket, sealed: consuming SealedDatagram, record: Record, target: NodeID,
    fingerprint: @escaping () -> UInt64
  ) {
    self.socket = socket
    self.sealed = sealed
    self.record = record
    self.target = target
    self.fingerprint = fingerprint
  }

  /// - Parameter report: told how many pings were answered since the last time; false ends the loop.
  func run(window: Int, report: (Int) -> Bool) {
    var underWay = 0
    var isKnown = false
    var answered = 0
    while report(answered) {
      answered = 0
      if underWay == 0, !isKnown { introduce() }
      let view = fingerprint()
      while underWay < window {
        send(.ping, sequence: 1, fingerprint: view)
        underWay += 1
      }
      // Half of them, so that the other side always finds some waiting.
      while underWay > window / 2 {
        switch receive(fingerprint: view) {
        case .ack:
          isKnown = true
          underWay -= 1
          answered += 1
        case .something: break
        case .nothing: underWay = 0
        }
      }
    }
  }

  private enum Received { case ack, something, nothing }

  /// Tells who we are: whoever holds the key and tells its own record is a member.
  private func introduce() {
    plaintext.removeAll(keepingCapacity: true)
    header(.gossip, sequence: 0, fingerprint: 0).write(to: &plaintext)
    plaintext.writeField(FieldTag.update) { Update.alive(record).write(to: &$0) }
    sealAndSend()
  }

  private func send(_ type: DatagramType, sequence: UInt32, fingerprint: UInt64) {
    plaintext.removeAll(keepingCapacity: true)
    header(type, sequence: sequence, fingerprint: fingerprint).write(to: &plaintext)
    sealAndSend()
  }

  private func header(_ type: DatagramType, sequence: UInt32, fingerprint: UInt64) -> DatagramHeader {
    DatagramHeader(
      type: type, sequence: sequence, age: 255, fingerprint: fingerprint,
      coordinationFingerprint: UInt32(truncatingIfNeeded: fingerprint))
  }

  private func sealAndSend() {
    let plaintext = plaintext
    let count = unsafe output.withUnsafeMutableBytes { unsafe sealed.seal(plaintext.rawSpan, for: target, into: $0) }
    socket.send(output[..<count])
  }

  private func receive(fingerprint: UInt64) -> Received {
    let count = socket.receive(into: &input)
    guard count > 0 else { return .nothing }
    let now = clock.now
    var header: DatagramHeader?
    var reply: [UInt8] = []
    unsafe input.withUnsafeMutableBytes { bytes in
      let datagram = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
      switch unsafe sealed.open(datagram, now: now, known: { _ in nil }) {
      case .message(_, let range):
        let plaintext = unsafe Array(datagram[range])
        var reader = ByteReader(plaintext.rawSpan)
        header = try? DatagramHeader(from: &reader)
      case .answered: reply = sealed.reply
      case .proved, .rejected: break
      }
    }
    if !reply.isEmpty { socket.send(reply[...]) }
    switch header?.type {
    case .ack: return .ack
    case .ping:
      send(.ack, sequence: header?.sequence ?? 0, fingerprint: fingerprint)
      return .something
    default: return .something
    }
  }
}
