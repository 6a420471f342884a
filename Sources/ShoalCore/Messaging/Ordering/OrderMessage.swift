/// What nodes say to each other about the order; each names the epoch that it is about.
///
/// ```
/// member    ── attend ─────▶ sequencer    has anybody use for an order?
/// sequencer ── collect ────▶ members      a new reign; from now on they take nothing of an older one
///           ◀── holdings ───              how far each holds the order
///           ── fetch ──────▶ the furthest what it lacks itself
///           ◀── entries ────
///           ── opening ────▶ members      the order goes on here; who holds less fetches the rest, who holds another one has lost its place
/// publisher ── submission ─▶ sequencer    ── publication, with its place ─▶ everybody
///           ◀── busy ───────              no room: again in a while
/// members   ── held ───────▶ sequencer    how far they hold it now
/// sequencer ── settled ────▶ publisher    who holds its publications
///           ── mark ───────▶ members      how far all hold it, and how far it goes
/// ```
enum OrderMessage: Equatable {
  case attend
  case collect
  case holdings(OrderHoldings)
  case opening(OrderOpening)
  case fetch(after: UInt64)
  case entries([OrderedEntry])
  /// - Parameter previous: the number of its publisher's that must come before it; 0 for none.
  case submission(OrderedEntry, previous: UInt64)
  case busy
  case held(OrderHeld)
  case settled(upTo: UInt64, holders: [OrderHolder])
  case mark(stable: UInt64, top: UInt64)

  /// Whether it carries publications.
  var isBulky: Bool {
    switch self {
    case .entries, .submission: true
    case .attend, .collect, .holdings, .opening, .fetch, .busy, .held, .settled, .mark: false
    }
  }
}

/// How far a member holds which order.
struct OrderHoldings: Equatable {
  /// Empty: it has no place in any.
  var history: OrderHistory
  /// The first that it has held.
  var begin: UInt64
  /// All behind this it still has.
  var base: UInt64
  var top: UInt64
}

/// A reign's order, as members are to go on with it.
struct OrderOpening: Equatable {
  var history: OrderHistory
  /// All behind this can be fetched.
  var base: UInt64
  var top: UInt64
  /// How many members there are.
  var members: UInt64
}

struct OrderHeld: Equatable, BitwiseCopyable {
  /// The first that the member has held.
  var begin: UInt64
  var top: UInt64
  /// The first publication of its own whose outcome it does not know; 0 for none.
  var awaits: UInt64
}

struct OrderHolder: Equatable, BitwiseCopyable {
  var id: NodeID
  /// It holds everything from here on.
  var begin: UInt64
}

extension OrderMessage {
  private enum Tag: UInt8 {
    case attend = 1
    case collect, holdings, opening, fetch, entries, submission, busy, held, settled, mark
  }

  /// The payload of a message of kind `order`: the tag, the epoch, and what follows.
  func payload(epoch: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    func head(_ tag: Tag) {
      bytes.write(tag.rawValue)
      bytes.writeVarint(epoch)
    }
    switch self {
    case .attend: head(.attend)
    case .collect: head(.collect)
    case .holdings(let holdings):
      head(.holdings)
      holdings.history.write(to: &bytes)
      for number in [holdings.begin, holdings.base, holdings.top] { bytes.writeVarint(number) }
    case .opening(let opening):
      head(.opening)
      opening.history.write(to: &bytes)
      for number in [opening.base, opening.top, opening.members] { bytes.writeVarint(number) }
    case .fetch(let after):
      head(.fetch)
      bytes.writeVarint(after)
    case .entries(let entries):
      head(.entries)
      for entry in entries { entry.write(to: &bytes) }
    case .submission(let entry, let previous):
      head(.submission)
      bytes.writeVarint(previous)
      entry.write(to: &bytes)
    case .busy: head(.busy)
    case .held(let held):
      head(.held)
      for number in [held.begin, held.top, held.awaits] { bytes.writeVarint(number) }
    case .settled(let upTo, let holders):
      head(.settled)
      bytes.writeVarint(upTo)
      for holder in holders {
        bytes.write(holder.id)
        bytes.writeVarint(holder.begin)
      }
    case .mark(let stable, let top):
      head(.mark)
      bytes.writeVarint(stable)
      bytes.writeVarint(top)
    }
    return bytes
  }

  static func read(_ message: Message) throws(WireError) -> (epoch: UInt64, message: OrderMessage) {
    var reader = ByteReader(message.payload.rawSpan)
    guard let tag = Tag(rawValue: try reader.readUInt8()) else { throw .unknownType }
    let epoch = try reader.readVarint()
    let read = try read(tag, &reader)
    guard reader.isAtEnd else { throw .malformed }
    return (epoch, read)
  }

  private static func read(_ tag: Tag, _ reader: inout ByteReader) throws(WireError) -> OrderMessage {
    switch tag {
    case .attend: return .attend
    case .collect: return .collect
    case .busy: return .busy
    case .holdings:
      let history = try OrderHistory(from: &reader)
      let begin = try reader.readOrderNumber()
      let base = try reader.readOrderNumber()
      let top = try reader.readOrderNumber()
      guard base <= top else { throw .malformed }
      return .holdings(OrderHoldings(history: history, begin: begin, base: base, top: top))
    case .opening:
      let history = try OrderHistory(from: &reader)
      let base = try reader.readOrderNumber()
      let top = try reader.readOrderNumber()
      guard base <= top, !history.isEmpty else { throw .malformed }
      return .opening(
        OrderOpening(history: history, base: base, top: top, members: try reader.readOrderNumber()))
    case .fetch: return .fetch(after: try reader.readOrderNumber())
    case .entries:
      var entries: [OrderedEntry] = []
      while !reader.isAtEnd { entries.append(try OrderedEntry(from: &reader)) }
      return .entries(entries)
    case .submission:
      let previous = try reader.readOrderNumber()
      return .submission(try OrderedEntry(from: &reader), previous: previous)
    case .held:
      return .held(
        OrderHeld(
          begin: try reader.readOrderNumber(), top: try reader.readOrderNumber(), awaits: try reader.readOrderNumber()))
    case .settled:
      let upTo = try reader.readOrderNumber()
      var holders: [OrderHolder] = []
      while !reader.isAtEnd {
        holders.append(OrderHolder(id: try reader.readNodeID(), begin: try reader.readOrderNumber()))
      }
      return .settled(upTo: upTo, holders: holders)
    case .mark: return .mark(stable: try reader.readOrderNumber(), top: try reader.readOrderNumber())
    }
  }
}

extension OrderHistory {
  func write(to bytes: inout [UInt8]) {
    bytes.write(UInt8(segments.count))
    for segment in segments {
      bytes.writeVarint(segment.reign.epoch)
      bytes.write(segment.reign.sequencer)
      bytes.writeVarint(segment.first)
    }
  }

  init(from reader: inout ByteReader) throws(WireError) {
    let count = try reader.readUInt8()
    guard count <= Self.limit else { throw .malformed }
    var segments: [Segment] = []
    for _ in 0..<count {
      let reign = OrderReign(epoch: try reader.readVarint(), sequencer: try reader.readNodeID())
      segments.append(Segment(reign: reign, first: try reader.readOrderNumber()))
    }
    self.init(segments: segments)
  }
}
