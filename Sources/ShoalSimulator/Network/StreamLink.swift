import ShoalCore

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

/// One side of a connection.
struct LinkSide {
  var process: Int32 = -1
  var stream = StreamID(0)
  /// Whether this side's engine still knows the stream.
  var isOpen = false
  /// Nothing for this side arrives before what was sent to it earlier.
  var lastArrival = Instant.zero
}

/// A connection between two processes.
struct StreamLink {
  var generation: UInt32 = 0
  var isUsed = false
  /// The handshake is done on the dialling side.
  var isReady = false
  var expected = NodeID.unknown
  var machine: Int32 = -1
  var dialer = LinkSide()
  var acceptor = LinkSide()

  subscript(toDialer toDialer: Bool) -> LinkSide {
    get { toDialer ? dialer : acceptor }
    set { if toDialer { dialer = newValue } else { acceptor = newValue } }
  }
}

/// All connections of the world.
struct StreamLinkTable {
  private(set) var links: [StreamLink] = []
  private var free: [Int32] = []

  var count: Int { links.count - free.count }

  mutating func add(_ link: StreamLink) -> LinkID {
    var link = link
    link.isUsed = true
    if let index = free.popLast() {
      link.generation = links[Int(index)].generation &+ 1
      links[Int(index)] = link
      return LinkID(index: index, generation: link.generation)
    }
    links.append(link)
    return LinkID(index: Int32(links.count - 1), generation: 0)
  }

  /// The connection, unless it is over.
  subscript(id: LinkID) -> StreamLink? {
    let link = links[Int(id.index)]
    return link.isUsed && link.generation == id.generation ? link : nil
  }

  mutating func update(_ id: LinkID, _ change: (inout StreamLink) -> Void) {
    guard self[id] != nil else { return }
    change(&links[Int(id.index)])
    let link = links[Int(id.index)]
    if !link.dialer.isOpen, !link.acceptor.isOpen { release(id) }
  }

  /// The connections that a process takes part in, in the order of their slots.
  func links(of process: Int32) -> [LinkID] {
    links.indices.compactMap { index in
      let link = links[index]
      guard link.isUsed, link.dialer.process == process || link.acceptor.process == process else { return nil }
      return LinkID(index: Int32(index), generation: link.generation)
    }
  }

  private mutating func release(_ id: LinkID) {
    links[Int(id.index)].isUsed = false
    free.append(id.index)
  }
}
