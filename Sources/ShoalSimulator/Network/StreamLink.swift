import ShoalCore
import ShoalSecurity

/// A connection in the world. A slot is used again; the generation tells its users apart.
struct LinkID: BitwiseCopyable, Hashable {
  var index: Int32
  var generation: UInt32
}

/// How a connection ends for one side.
enum LinkEnd: UInt8, BitwiseCopyable {
  case closed
  case reset
  case refused
  case timedOut
  case wrongPeer

  var failure: StreamFailure {
    switch self {
    case .closed: .closedByPeer
    case .reset: .reset
    case .refused: .refused
    case .timedOut: .timedOut
    case .wrongPeer: .wrongPeer
    }
  }
}

/// One side of a connection: its driver, and what is on the way to it.
struct LinkSide {
  var process: Int32 = -1
  var stream = StreamID(0)
  /// Whether this side still holds the connection.
  var isOpen = false
  /// Whether its engine knows that the connection is authenticated.
  var isReady = false
  /// Whether something on the way to it was swallowed, and all since.
  var isSwallowed = false
  /// What was sent to this side and has not arrived, in order.
  var inbox: [Segment] = []
  /// Whether an event for the first of these is in the world's queue, or waits at the process.
  var isDelivering = false
  /// How often in a row the first of these found the way closed.
  var retries: UInt64 = 0
  /// The handshake and the keys, where streams are sealed for real.
  var secure: SecureEnd?

  struct Segment {
    var packet: PacketID
    var arrival: Instant
  }
}

/// Holds a stream's state, which cannot be copied.
final class SecureEnd {
  var stream: SecureStream
  init(_ stream: consuming SecureStream) { self.stream = stream }
}

/// A connection between two processes.
final class StreamLink {
  let id: LinkID
  let expected: NodeID
  let dialerMachine: Int32
  /// The machine that was dialled; -1 for none.
  let machine: Int32
  let dialedAt: Instant
  var attempts: UInt64 = 0
  var dialer: LinkSide
  var acceptor = LinkSide()

  init(
    id: LinkID, dialer: LinkSide, dialerMachine: Int32, machine: Int32, expected: NodeID, at instant: Instant
  ) {
    self.id = id
    self.dialer = dialer
    self.dialerMachine = dialerMachine
    self.machine = machine
    self.expected = expected
    dialedAt = instant
  }

  subscript(toDialer toDialer: Bool) -> LinkSide {
    get { toDialer ? dialer : acceptor }
    _modify { if toDialer { yield &dialer } else { yield &acceptor } }
  }

  /// Where segments for a side come from and go to.
  func machines(toDialer: Bool) -> (sender: Int32, receiver: Int32) {
    toDialer ? (machine, dialerMachine) : (dialerMachine, machine)
  }
}

/// All connections of the world.
struct StreamLinkTable {
  private var links: [StreamLink?] = []
  private var generations: [UInt32] = []
  private var free: [Int32] = []

  var count: Int { links.count - free.count }

  mutating func add(_ make: (LinkID) -> StreamLink) -> StreamLink {
    let index: Int32
    if let reused = free.popLast() {
      index = reused
      generations[Int(index)] &+= 1
    } else {
      index = Int32(links.count)
      links.append(nil)
      generations.append(0)
    }
    let link = make(LinkID(index: index, generation: generations[Int(index)]))
    links[Int(index)] = link
    return link
  }

  /// The connection, unless it is over.
  subscript(id: LinkID) -> StreamLink? {
    generations[Int(id.index)] == id.generation ? links[Int(id.index)] : nil
  }

  mutating func remove(_ id: LinkID) {
    guard self[id] != nil else { return }
    links[Int(id.index)] = nil
    free.append(id.index)
  }

  /// The connections that a process takes part in, in the order of their slots.
  func links(of process: Int32) -> [StreamLink] {
    links.compactMap { link in
      link.flatMap { $0.dialer.process == process || $0.acceptor.process == process ? $0 : nil }
    }
  }

  /// All connections, in the order of their slots.
  var all: [StreamLink] { links.compactMap(\.self) }
}
