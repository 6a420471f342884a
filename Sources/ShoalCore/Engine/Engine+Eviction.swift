/// Members that an operator removes: left everywhere for the reason `evicted`, and told so. They never refute.
///
/// One that cannot be told now learns it from whoever it speaks to next. Its NodeID is remembered beyond its tombstone, so that it does
/// not come back as a stranger after a long split.
extension Engine {
  mutating func evict(_ id: NodeID, now: Now, into outbox: inout Outbox) throws(OperationRefusal) {
    guard id != record.id else { throw .oneself }
    guard let index = table.find(id) else { throw .unknownMember }
    guard table.status(index) != .left else { throw .departed }
    counters.evictions += 1
    endProbes(of: id, into: &outbox)
    bury(index, as: .left, reason: .evicted, incarnation: table.incarnation(index), now: now, into: &outbox)
    // Each ping tells whom it is for how it is held. One that stops answers none.
    ping(
      index, for: .heal, timeout: settings.probeTimeout, retries: Self.evictionRetries, now: now, into: &outbox)
  }

  /// How often an evicted member is told again by whoever evicts it.
  private static var evictionRetries: Int { 4 }

  /// Somebody offers a member as living whose tombstone is gone, and which was evicted: whoever tells of it hears so.
  mutating func answerEvicted(_ offered: Record, now: Now, into outbox: inout Outbox) {
    let teller = newsTeller
    let endpoint = teller == offered.id ? offered.endpoint : table.find(teller).flatMap { table.endpoint($0) }
    guard teller != .unknown, let endpoint, evictionAnswers.take(at: now.monotonic) else { return }
    let start = beginDatagram(.gossip, sequence: 0, target: .unknown, now: now, into: &outbox)
    outbox.bytes.writeField(FieldTag.update) { Self.writeEviction(of: offered.id, offered.incarnation, to: &$0) }
    endDatagram(from: start, receiver: teller, endpoint: endpoint, into: &outbox)
  }

  static func writeEviction(of id: NodeID, _ incarnation: UInt64, to bytes: inout [UInt8]) {
    Update.left(Update.Claim(id: id, incarnation: incarnation), .evicted).write(to: &bytes)
  }

  /// So many answers about evicted members a second, and at once.
  static var evictionAnswersPerSecond: UInt64 { 10 }
  static var evictionAnswerBurst: UInt64 { 20 }
}
