package import ShoalCore

/// An engine that has joined a crowd by the real exchange of frames, with the time in hand.
///
/// Nothing in here allocates once it is warm, so that what is counted is the engine's.
package final class Subject {
  package let crowd: Crowd
  package private(set) var engine: Engine
  package private(set) var now = Subject.origin
  private var outbox = Outbox()
  private var outgoing = Outbox()
  private var answer: [UInt8] = []
  /// How many datagrams the script has handed in or taken out.
  package private(set) var packets = 0
  /// What the members do when they are pinged.
  package var script = Script.answer

  package enum Script {
    /// Every ping is acked.
    case answer
    /// Nobody hears the engine's own pings; of three helpers two nack, and the last one acks.
    case answerThroughHelpers
    /// Nobody hears the engine's own pings, and every helper nacks.
    case nack
    /// The same, but whoever is dialled opens the connection.
    case answerStreams
    /// Nobody is answered at all.
    case silent
  }

  private var helpersAsked = 0

  private static let origin = Now(
    monotonic: Instant(nanoseconds: 1_000_000_000), wallMilliseconds: 1_700_000_000_000)

  package init(crowd: Crowd, interner: RecordInterner?) {
    self.crowd = crowd
    let newcomer = crowd.newcomer
    engine = Engine(
      identity: LocalIdentity(
        id: newcomer.id, name: newcomer.name, endpoint: newcomer.endpoint, salt: newcomer.salt, tags: newcomer.tags),
      configuration: .lan, randomSeed: 7, interner: interner, now: now)
  }

  // MARK: Joining

  /// Joins through the seed, and takes in everybody page by page.
  package func join() {
    engine.perform(.join(seeds: [.endpoint(crowd.seed.endpoint)]), now: now, into: &outbox)
    var stream: StreamID?
    for case .dial(let id, _, _) in outbox.streamActions { stream = id }
    guard let stream else { preconditionFailure("the engine dials no seed") }
    outbox.removeAll()
    engine.streamOpened(stream, peer: crowd.seed.id, inbound: false, now: now, into: &outbox)
    deliver(frame(.admitted(version: 1), [crowd.newcomer, crowd.seed]), on: stream)
    let pageMembers = 200
    for start in stride(from: 0, to: crowd.members.count, by: pageMembers) {
      let end = min(crowd.members.count, start + pageMembers)
      let isLast = end == crowd.members.count
      deliver(frame(.page(next: isLast ? 0 : UInt32(end)), Array(crowd.members[start..<end])), on: stream)
    }
    precondition(engine.livingCount == crowd.members.count + 1, "the engine holds \(engine.livingCount) members")
  }

  private func frame(_ header: FrameHeader, _ records: [Record]) -> [UInt8] {
    var bytes: [UInt8] = []
    header.write(to: &bytes)
    for record in records { bytes.writeField(FieldTag.update) { Update.alive(record).write(to: &$0) } }
    return bytes
  }

  private func deliver(_ frame: [UInt8], on stream: StreamID) {
    outbox.removeAll()
    engine.streamReceived(stream, frame: frame.rawSpan, now: now, into: &outbox)
    outbox.removeAll()
  }

  // MARK: Packets

  /// A datagram of a member that agrees with the engine, to be handed in with `receive`.
  package func datagram(_ type: DatagramType, target: NodeID = .unknown, carrying updates: [Update] = []) -> [UInt8] {
    var bytes: [UInt8] = []
    header(type, sequence: 1, target: target).write(to: &bytes)
    for update in updates { bytes.writeField(FieldTag.update) { update.write(to: &$0) } }
    return bytes
  }

  private func header(_ type: DatagramType, sequence: UInt32, target: NodeID = .unknown) -> DatagramHeader {
    DatagramHeader(
      type: type, sequence: sequence, age: 255, fingerprint: engine.fingerprint,
      coordinationFingerprint: UInt32(truncatingIfNeeded: engine.coordinationFingerprint), target: target)
  }

  /// Datagrams that a scenario has written beforehand, and who sends each.
  package var story: [(sender: NodeID, bytes: [UInt8])] = []

  /// Hands the next datagram of the story in.
  package func tell(_ place: Int) { receive(story[place].bytes, from: story[place].sender) }

  /// Hands one datagram in and lets members answer what the engine sends.
  package func receive(_ bytes: [UInt8], from sender: NodeID) {
    packets += 1
    engine.receive(bytes.rawSpan, from: sender, now: now, into: &outbox)
    carryOut()
  }

  /// Hands one datagram in, and lends what the engine sends at once; nobody answers that.
  package func exchange(_ datagram: RawSpan, from sender: NodeID, _ body: (Outbox, Outbox.Transmit) -> Void) {
    packets += 1
    engine.receive(datagram, from: sender, now: now, into: &outbox)
    for transmit in outbox.transmits { body(outbox, transmit) }
    outbox.removeAll()
  }

  /// Lets time pass, on both clocks; members answer what the engine sends.
  package func advance(by span: Nanoseconds) {
    let end = now.monotonic + span
    while let deadline = engine.nextDeadline, deadline <= end {
      setTime(max(now.monotonic, deadline))
      engine.advance(to: now, into: &outbox)
      carryOut()
    }
    setTime(end)
  }

  /// Lets time pass in small steps until `condition` holds, for `limit` at most.
  package func advance(until condition: (Counters) -> Bool, limit: Nanoseconds) {
    let end = now.monotonic + limit
    while now.monotonic < end, !condition(engine.counters) { advance(by: .milliseconds(20)) }
  }

  private func setTime(_ instant: Instant) {
    now.monotonic = instant
    now.wallMilliseconds =
      Self.origin.wallMilliseconds + instant.since(Self.origin.monotonic) / .milliseconds(1)
  }

  /// Lets go of the buffers between engine and driver, which are no state of the engine.
  package func releaseBuffers() {
    outbox = Outbox()
    outgoing = Outbox()
    answer = []
  }

  private func carryOut() {
    while !outbox.transmits.isEmpty || !outbox.streamActions.isEmpty {
      swap(&outbox, &outgoing)
      for transmit in outgoing.transmits {
        packets += 1
        respond(to: transmit)
      }
      if script == .answerStreams {
        for case .dial(let stream, _, let expected) in outgoing.streamActions {
          engine.streamConnected(stream, now: now, into: &outbox)
          engine.streamOpened(stream, peer: expected, inbound: false, now: now, into: &outbox)
        }
      }
      outgoing.removeAll()
    }
    outbox.removeAll()
  }

  private func respond(to transmit: Outbox.Transmit) {
    let start = transmit.range.lowerBound
    var sequence: UInt32 = 0
    for position in 1...4 { sequence = sequence << 8 | UInt32(outgoing.bytes[start + position]) }
    switch (DatagramType(rawValue: outgoing.bytes[start]), script) {
    case (.ping, .answer): respond(.ack, sequence: sequence, as: transmit.receiver)
    case (.pingRequest, .nack), (.pingRequest, .answerStreams):
      respond(.nack, sequence: sequence, as: transmit.receiver)
    case (.pingRequest, .answerThroughHelpers):
      helpersAsked += 1
      respond(helpersAsked % 3 == 0 ? .ack : .nack, sequence: sequence, as: transmit.receiver)
    default: break
    }
  }

  private func respond(_ type: DatagramType, sequence: UInt32, as member: NodeID) {
    packets += 1
    var bytes: [UInt8] = []
    swap(&bytes, &answer)
    bytes.removeAll(keepingCapacity: true)
    header(type, sequence: sequence).write(to: &bytes)
    engine.receive(bytes.rawSpan, from: member, now: now, into: &outbox)
    swap(&bytes, &answer)
  }
}
