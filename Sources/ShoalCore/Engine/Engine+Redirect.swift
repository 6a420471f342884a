/// Sending newcomers on to others, and being sent on.
///
/// ```
/// joiner ── hello ──────▶ busy member
/// joiner ◀── redirect ──  busy member          three members with their addresses
/// joiner ── hello ──────▶ the first of them that answers, which admits it or sends it on in turn
/// ```
extension Engine {
  // MARK: The member's side

  /// Sends newcomers on to others; false when there is nobody who could know the others yet.
  ///
  /// So few are named first that each gets a batch to announce; the others are named in case those do not answer.
  mutating func redirect(_ ids: [StreamID], now: Now, into outbox: inout Outbox) -> Bool {
    let burst = Int(AdmissionDesk.burst)
    var targets: [SlotIndex] = []
    let wanted = (ids.count + burst - 1) / burst
    // A few more draws than targets wanted: draws may repeat.
    for _ in 0..<2 * wanted + 8 where targets.count < wanted {
      guard let target = drawTarget(now: now), !targets.contains(target) else { continue }
      targets.append(target)
    }
    guard !targets.isEmpty else { return false }
    for (position, id) in ids.enumerated() {
      counters.joinsRedirected += 1
      let start = outbox.bytes.count
      FrameHeader.redirect.write(to: &outbox.bytes)
      var named = [targets[position % targets.count]]
      for _ in 0..<8 where named.count < AdmissionDesk.redirectTargets {
        guard let other = drawTarget(now: now), !named.contains(other) else { continue }
        named.append(other)
      }
      for target in named { writeTarget(target, into: &outbox) }
      outbox.streamActions.append(.write(id, start..<outbox.bytes.count))
      drop(id, into: &outbox)
    }
    return true
  }

  private mutating func drawTarget(now: Now) -> SlotIndex? {
    guard let target = randomLiving(), isSettled(target, now: now), suspicions[table.id(target)] == nil else {
      return nil
    }
    return target
  }

  private func writeTarget(_ index: SlotIndex, into outbox: inout Outbox) {
    guard let endpoint = table.endpoint(index) else { return }
    outbox.bytes.writeField(FieldTag.target) {
      $0.write(table.id(index))
      endpoint.write(to: &$0)
    }
  }

  // MARK: The newcomer's side

  /// Whoever was asked names others. They are tried one after the other; a newcomer that is sent on too often starts anew.
  mutating func seedRedirected(
    _ id: StreamID, reader: inout ByteReader, now: Now, into outbox: inout Outbox
  ) throws(WireError) {
    var targets: [RedirectTarget] = []
    while let target = try reader.nextTarget(), targets.count < AdmissionDesk.redirectTargets {
      if target.id != record.id, target.endpoint != record.endpoint { targets.append(target) }
    }
    drop(id, into: &outbox)
    seeds.redirected(to: targets)
    askNextSeed(now: now, into: &outbox)
  }

  /// Dials the next of those to whom we were sent; false when there is none.
  mutating func dialNextTarget(now: Now, into outbox: inout Outbox) -> Bool {
    guard phase == .joining, let target = seeds.nextTarget() else { return false }
    let id = streams.drawID()
    streams[id] = .dialing(seed: DialledSeed(address: target.endpoint.description, endpoint: target.endpoint))
    timers.set(.stream, key: id.raw, at: now.monotonic + seeds.patience(settings.joinTimeout))
    let patience = seeds.patience(settings.probeTimeout) + patience(now: now)
    timers.set(.redirect, key: id.raw, at: now.monotonic + patience)
    outbox.streamActions.append(.dial(id, target.endpoint, expected: target.id))
    return true
  }

  /// A member to whom we were sent has not even answered the dial: the next one is tried.
  mutating func targetSilent(_ id: StreamID, now: Now, into outbox: inout Outbox) {
    guard case .dialing(let seed) = streams[id] else { return }
    drop(id, into: &outbox)
    seedFailed(seed, failure: .timedOut, now: now, into: &outbox)
  }

  // MARK: The table

  /// The moment has come to pull the table from whoever has admitted us.
  mutating func pullTable(_ id: StreamID, into outbox: inout Outbox) {
    guard case .pulling = streams[id] else { return }
    write(.pageRequest(cursor: 0), on: id, into: &outbox)
  }
}

/// A member to whom a newcomer is sent.
package struct RedirectTarget: Equatable, Sendable, BitwiseCopyable {
  package let id: NodeID
  package let endpoint: Endpoint

  package init(id: NodeID, endpoint: Endpoint) {
    self.id = id
    self.endpoint = endpoint
  }
}

extension ByteReader {
  /// Reads the next target among the fields, skipping all others; nil at the end.
  @_lifetime(self: copy self)
  package mutating func nextTarget() throws(WireError) -> RedirectTarget? {
    while !isAtEnd {
      let tag = try readUInt8()
      let length = try readLength()
      var field = ByteReader(try readSpan(length))
      guard tag == FieldTag.target else { continue }
      return RedirectTarget(id: try field.readNodeID(), endpoint: try Endpoint(from: &field))
    }
    return nil
  }
}
