/// The sending half of one lane: every message that the peer has not acknowledged, cut into chunks with sequence numbers from 0.
///
/// ```
///  0 ──── acked ──────── next ───── written ──────── end
///    gone   on their way       to be sent again        never sent yet
/// ```
struct SendLane {
  private struct Entry {
    let message: Message
    let first: UInt64
    let isPressing: Bool

    var chunks: UInt64 { UInt64(ChunkLimits.count(of: message.payload.count)) }
    var end: UInt64 { first + chunks }

    func chunkCost(_ sequence: UInt64) -> Int {
      ChunkLimits.length(of: Int(sequence - first), total: message.payload.count) + ChunkLimits.overhead
    }
  }

  private let lane: MessageLane
  private var queue = MessageQueue<Entry>()
  private var acked: UInt64 = 0
  private var next: UInt64 = 0
  /// The end of what was ever written to a connection.
  private var written: UInt64 = 0
  private var end: UInt64 = 0
  /// Which message in the queue `next` belongs to.
  private var cursor = 0
  /// What the peer takes beyond `acked`, and how much of that is on its way.
  private var window = 0
  private var inFlight = 0
  /// What all that wait occupy, as `ChunkLimits` counts.
  private(set) var cost = 0
  /// What this lane may still send before the others' turns.
  var deficit = 0

  init(_ lane: MessageLane) { self.lane = lane }

  var isEmpty: Bool { queue.isEmpty }
  var isUnacknowledged: Bool { next > acked }

  mutating func append(_ message: Message, isPressing: Bool) {
    let entry = Entry(message: message, first: end, isPressing: isPressing)
    end = entry.end
    cost += ChunkLimits.cost(of: message.payload.count)
    queue.append(entry)
  }

  // MARK: Sending

  /// What the next chunk costs; nil when there is none, or the peer has no room for it.
  var nextCost: Int? {
    guard next < end, let entry = queue[cursor] else { return nil }
    let cost = entry.chunkCost(next)
    return inFlight + cost <= window ? cost : nil
  }

  /// Appends the record of the next chunk.
  mutating func writeNext(into bytes: inout [UInt8]) {
    guard let entry = queue[cursor] else { return }
    let position = Int(next - entry.first)
    let total = entry.message.payload.count
    let start = position * ChunkLimits.bytes
    let length = ChunkLimits.length(of: position, total: total)
    let isLast = next + 1 == entry.end
    let kind: ChannelRecord = position == 0 ? .firstChunk : .furtherChunk
    bytes.write(kind.tag(lane: lane, isPressing: isLast && entry.isPressing))
    bytes.writeVarint(next)
    if position == 0 {
      entry.message.writeHead(to: &bytes)
      bytes.writeVarint(UInt64(total))
    }
    bytes.writeVarint(UInt64(length))
    bytes.write(entry.message.payload.rawSpan.extracting(start..<start + length))
    inFlight += length + ChunkLimits.overhead
    next += 1
    written = max(written, next)
    if isLast { cursor += 1 }
  }

  // MARK: Being acknowledged

  /// The peer has taken in everything below `sequence`, and takes `window` from there on.
  mutating func acknowledge(
    _ sequence: UInt64, window newWindow: UInt64, finished: (Message) -> Void
  ) throws(ChannelFault) -> Bool {
    guard sequence <= next else { throw .futureSequence }
    // An older acknowledgement than one before says nothing: records of a connection come in order.
    guard sequence >= acked else { throw .contradiction }
    let isProgress = sequence > acked
    while acked < sequence, let entry = queue.first {
      inFlight -= entry.chunkCost(acked)
      acked += 1
      if acked == entry.end { finish(finished) }
    }
    window = Int(clamping: newWindow)
    return isProgress
  }

  private mutating func finish(_ finished: (Message) -> Void) {
    guard let entry = queue.popFirst() else { return }
    cost -= ChunkLimits.cost(of: entry.message.payload.count)
    cursor -= 1
    finished(entry.message)
  }

  /// A new connection: what the peer has is gone from here, and all else is sent on it, again where it was sent before.
  mutating func resume(
    at position: ChannelHello.Position, bug: MessagingBug?, finished: (Message) -> Void
  ) throws(ChannelFault) {
    guard position.expected <= written else { throw .futureSequence }
    guard position.expected >= acked else { throw .contradiction }
    while bug != .takesTwice, acked < position.expected, let entry = queue.first {
      acked += 1
      if acked == entry.end { finish(finished) }
    }
    if bug != .losesOnReconnect {
      next = acked
      cursor = 0
    }
    inFlight = 0
    deficit = 0
    window = Int(clamping: position.window)
  }

  /// The session is over: tells of each message whether it may have arrived, and starts anew.
  mutating func endAll(bug: MessagingBug?, _ ended: (Message, MessageOutcome) -> Void) {
    var kept: [Entry] = []
    while let entry = queue.popFirst() {
      let wasWritten = entry.end <= written && bug != .deniesWhatWasWritten
      let outcome: MessageOutcome = wasWritten ? bug == .assumesDelivery ? .delivered : .unknown : .notDelivered
      if bug != .forgetsOutcomes { ended(entry.message, outcome) }
      if bug == .resendsWhatWasReported { kept.append(entry) }
    }
    self = SendLane(lane)
    for entry in kept { append(entry.message, isPressing: entry.isPressing) }
  }
}
