/// The receiving half of one lane: puts chunks together, in order, each once, and says how much more may come.
struct ReceiveLane {
  /// A message whose first chunks are here. Its memory grows with what has come, not with what was claimed.
  struct Partial {
    var message: Message
    let total: Int
    var chunks = 1
  }

  /// What taking in a chunk has led to.
  enum Taken {
    /// It had been here before.
    case duplicate
    /// More chunks of its message are awaited.
    case partial
    case whole(Message)
  }

  /// The sequence number of the chunk that is awaited.
  private(set) var expected: UInt64 = 0
  private(set) var partial: Partial?
  /// What was handed to the application and not done with there.
  private(set) var held = 0
  /// What the peer may still send by the most that it was ever told: more ends the connection.
  private var credit = 0
  /// What it may still send by what it was told last, as when little room was left.
  private var offered = 0
  /// What has come since the peer was last told.
  private(set) var unacknowledged = 0
  /// The peer waits to be told.
  var isPressing = false

  /// Bytes of a message that is not whole.
  var assembling: Int { partial?.message.payload.count ?? 0 }

  /// The window to tell the peer now, where `share` is what this lane may hold. What is being put together does not count: else a message
  /// longer than the window could never come.
  func window(share: Int) -> Int { max(0, share - held) }

  /// Notes what the peer has just been told.
  mutating func told(window: Int) {
    // What was promised before may be on its way.
    credit = max(credit, window)
    offered = window
    unacknowledged = 0
    isPressing = false
  }

  /// The peer begins anew on another connection, and knows only what hello says.
  mutating func restart(window: Int) {
    credit = window
    offered = window
    unacknowledged = 0
    isPressing = false
  }

  /// Whether so much room has come free that the peer must hear of it without having sent anything.
  func wantsUpdate(share: Int) -> Bool {
    let window = window(share: share)
    return window >= offered + share / 2 || (offered < ChunkLimits.largestCost && window >= ChunkLimits.largestCost)
  }

  mutating func takeFirst(
    _ sequence: UInt64, head: consuming Message, total: Int, chunk: RawSpan, bug: MessagingBug?
  ) throws(ChannelFault) -> Taken {
    guard try isNew(sequence, bug: bug) else { return .duplicate }
    guard partial == nil else { throw .malformed }
    guard chunk.byteCount == ChunkLimits.length(of: 0, total: total) else { throw .wrongLength }
    try charge(chunk.byteCount, at: sequence)
    head.payload.write(chunk)
    guard total > chunk.byteCount else { return .whole(head) }
    partial = Partial(message: head, total: total)
    return .partial
  }

  mutating func takeFurther(
    _ sequence: UInt64, chunk: RawSpan, bug: MessagingBug?
  ) throws(ChannelFault) -> Taken {
    guard try isNew(sequence, bug: bug) else { return .duplicate }
    guard let position = partial?.chunks, let total = partial?.total else { throw .malformed }
    guard chunk.byteCount == ChunkLimits.length(of: position, total: total) else { throw .wrongLength }
    try charge(chunk.byteCount, at: sequence)
    partial?.message.payload.write(chunk)
    partial?.chunks += 1
    if bug == .changesBytes { partial?.message.payload[position * ChunkLimits.bytes] &+= 1 }
    guard position + 1 == ChunkLimits.count(of: total), let whole = partial?.message else { return .partial }
    partial = nil
    return .whole(whole)
  }

  /// The application has a message, and will tell when it is done with it.
  mutating func hold(_ cost: Int) { held += cost }

  mutating func release(_ cost: Int) { held = max(0, held - cost) }

  private func isNew(_ sequence: UInt64, bug: MessagingBug?) throws(ChannelFault) -> Bool {
    guard sequence <= expected || bug == .losesOnReconnect else { throw .futureSequence }
    return sequence >= expected || bug == .takesTwice
  }

  private mutating func charge(_ bytes: Int, at sequence: UInt64) throws(ChannelFault) {
    let cost = bytes + ChunkLimits.overhead
    guard cost <= credit else { throw .overWindow }
    credit -= cost
    offered = max(0, offered - cost)
    unacknowledged += cost
    expected = sequence + 1
  }
}
