import ShoalCore
import Testing

@Suite("Messenger") struct MessengerTests {
  private static func pair(
    _ change: (inout MessagingConfiguration) -> Void = { _ in }
  ) -> (world: MessagingWorld, sender: MessagingNode, receiver: MessagingNode) {
    var configuration = MessagingConfiguration()
    change(&configuration)
    let world = MessagingWorld(seed: 7, nodes: 2, configuration: configuration)
    return (world, world.nodes[0], world.nodes[1])
  }

  @Test("messages arrive in order, each once, and are reported as delivered")
  func order() {
    let (world, sender, receiver) = Self.pair()
    for bytes in 0..<500 { world.send(from: sender, to: receiver, bytes: bytes) }
    world.run(for: .seconds(2))
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    #expect(world.ledger.receivedCount == 500)
    #expect(world.ledger.outcomes == [.delivered: 500])
  }

  @Test("many small messages share a frame")
  func batching() {
    let (world, sender, receiver) = Self.pair()
    world.act(sender) { messenger, _, _ in
      for number in 1...1_000 {
        let message = Message(
          .send, number: UInt64(number), correlation: CorrelationID(high: 1, low: 2),
          payload: [UInt8](repeating: 0, count: 100))
        try? messenger.send(message, to: receiver.id, lane: .messages)
        world.ledger.sent(message, from: sender.id, to: receiver.id, lane: .messages)
      }
    }
    world.run(for: .seconds(1))
    let frames = sender.messenger.counters.framesWritten
    #expect(frames < 10)
    #expect(world.ledger.receivedCount == 1_000)
  }

  @Test("a message of 16 MiB is put together from chunks; one byte more is refused")
  func large() {
    let (world, sender, receiver) = Self.pair { $0.outboxLimit = 32 << 20 }
    #expect(world.send(from: sender, to: receiver, bytes: 16 << 20) == nil)
    #expect(world.send(from: sender, to: receiver, bytes: 16 << 20 + 1) == .tooLong)
    world.run(for: .seconds(30))
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    #expect(world.ledger.outcomes == [.delivered: 1])
    let assembling = receiver.messenger.assemblingBytes
    #expect(assembling == 0)
  }

  @Test("a large transfer in bulk does not hold up small messages")
  func lanes() {
    let (world, sender, receiver) = Self.pair {
      $0.outboxLimit = 32 << 20
      $0.receiveLimit = 64 << 10
    }
    world.send(from: sender, to: receiver, bytes: 8 << 20, lane: .bulk)
    world.send(from: sender, to: receiver, bytes: 100)
    world.run(for: .milliseconds(60))
    // The second is there long before the first.
    #expect(world.ledger.outcome(of: 1, from: sender.id) == nil)
    #expect(world.ledger.outcome(of: 2, from: sender.id) == .delivered)
    world.run(for: .seconds(30))
    #expect(world.ledger.outcomes == [.delivered: 2])
  }

  @Test("a reader that has stopped bounds what is held at both ends, and all arrives when it reads again")
  func stalledReader() {
    let (world, sender, receiver) = Self.pair {
      $0.outboxLimit = 256 << 10
      $0.receiveLimit = 128 << 10
    }
    world.applicationsRead = false
    var accepted = 0
    var refusals: Set<SendRefusal> = []
    for _ in 0..<2_000 {
      if let refusal = world.send(from: sender, to: receiver, bytes: 1_000) {
        refusals.insert(refusal)
      } else {
        accepted += 1
      }
      world.run(for: .milliseconds(1))
    }
    #expect(refusals == [.full])
    #expect(receiver.mostHeld <= 128 << 10)
    let waiting = sender.messenger.waitingCost
    #expect(waiting <= 256 << 10)
    world.run(for: .seconds(60))
    // Nobody gives up a peer that does not read: it still answers pings.
    #expect(world.ledger.breakCount == 0)
    world.readAgain()
    world.run(for: .seconds(5))
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    #expect(world.ledger.outcomes == [.delivered: accepted])
  }

  @Test("many messages that are put together at once stay within their limit, and all become whole")
  func assembly() {
    var configuration = MessagingConfiguration()
    configuration.messageLimit = 1 << 20
    configuration.assemblyLimit = 2 << 20
    let world = MessagingWorld(seed: 9, nodes: 9, configuration: configuration)
    let receiver = world.nodes[0]
    for sender in world.nodes.dropFirst() { world.send(from: sender, to: receiver, bytes: 1 << 20) }
    var most = 0
    for _ in 0..<4_000 {
      world.run(for: .milliseconds(5))
      let assembling = receiver.messenger.assemblingBytes
      most = max(most, assembling)
    }
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    #expect(world.ledger.outcomes == [.delivered: 8])
    // Beyond the limit there is only what was on its way when it was reached.
    #expect(most <= 2 << 20 + 8 << 20)
  }

  @Test("what was not acknowledged when a connection broke is sent again, and nothing arrives twice")
  func reconnect() {
    let (world, sender, receiver) = Self.pair()
    for _ in 0..<20 {
      for _ in 0..<50 { world.send(from: sender, to: receiver, bytes: 2_000) }
      world.run(for: .milliseconds(3))
      for link in world.openLinks { world.breakLink(link) }
      world.run(for: .seconds(1))
    }
    world.run(for: .seconds(10))
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    #expect(world.ledger.outcomes == [.delivered: 1_000])
    #expect(world.ledger.breakCount == 0)
  }

  @Test("a connection that is half open is noticed by silence, and another is made")
  func halfOpen() {
    let (world, sender, receiver) = Self.pair()
    world.send(from: sender, to: receiver, bytes: 10)
    world.run(for: .seconds(1))
    for link in world.openLinks { world.swallow(link) }
    world.send(from: sender, to: receiver, bytes: 10)
    world.run(for: .seconds(15))
    let silent = sender.messenger.counters[.silent]
    #expect(silent == 1)
    #expect(world.ledger.outcomes == [.delivered: 2])
  }

  @Test("of two connections that cross, one is kept, and the next ones do not fight")
  func crossing() {
    let (world, first, second) = Self.pair()
    world.send(from: first, to: second, bytes: 10)
    world.send(from: second, to: first, bytes: 10)
    world.run(for: .seconds(5))
    #expect(world.counts.crossedDials > 0)
    #expect(world.openLinks.count == 1)
    let lower = first.id < second.id ? first : second
    #expect(world.openLinks.first?.dialler == lower.index)
    #expect(world.ledger.outcomes == [.delivered: 2])
  }

  @Test("a connection that nobody uses is closed in order, and made again when it is needed")
  func idle() {
    let (world, sender, receiver) = Self.pair { $0.idleTimeout = .seconds(2) }
    world.send(from: sender, to: receiver, bytes: 10)
    world.run(for: .seconds(5))
    #expect(world.openLinks.isEmpty)
    let idle = sender.messenger.counters.channelsIdle
    #expect(idle == 1)
    world.send(from: receiver, to: sender, bytes: 10)
    world.run(for: .seconds(1))
    #expect(world.ledger.outcomes == [.delivered: 2])
    #expect(world.ledger.breakCount == 0)
  }

  // MARK: Ends

  @Test(
    "a peer that dies: what was never written is not delivered, what was written is unknown, and nothing is accepted for it"
  )
  func death() {
    let (world, sender, receiver) = Self.pair { $0.receiveLimit = 64 << 10 }
    world.applicationsRead = false
    for _ in 0..<200 { world.send(from: sender, to: receiver, bytes: 1_000) }
    world.run(for: .seconds(1))
    world.kill(receiver)
    world.run(for: .seconds(5))
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    #expect(world.ledger.outcomes[.notDelivered] ?? 0 > 100)
    #expect(world.ledger.outcomes.values.reduce(0, +) == 200)
    #expect(world.send(from: sender, to: receiver, bytes: 1) == .notMember)
    let connections = sender.messenger.connectionCount
    #expect(connections == 0)
  }

  @Test("a peer that was held dead here learns of it on its return, though it had noticed nothing")
  func falseDeath() {
    let (world, first, second) = Self.pair()
    world.send(from: first, to: second, bytes: 10)
    world.run(for: .seconds(1))
    world.falselyBury(first, at: second, for: .seconds(2))
    world.run(for: .seconds(1))
    // On its way to somebody who does not listen.
    world.send(from: first, to: second, bytes: 20)
    world.run(for: .seconds(10))
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    // Told on both sides.
    #expect(world.ledger.breakCount == 2)
    #expect(world.ledger.outcomes == [.delivered: 1, .notDelivered: 1])
    world.send(from: first, to: second, bytes: 30)
    world.send(from: second, to: first, bytes: 30)
    world.run(for: .seconds(5))
    #expect(world.ledger.outcomes == [.delivered: 3, .notDelivered: 1])
    let generations = [first.messenger.generation(of: second.id), second.messenger.generation(of: first.id)]
    #expect(generations == [1, 1])
  }

  @Test("generations do not begin anew when a peer was forgotten meanwhile")
  func forgotten() {
    let (world, first, second) = Self.pair()
    world.send(from: first, to: second, bytes: 10)
    world.run(for: .seconds(1))
    world.holdGone(first, at: second)
    world.act(second) { messenger, _, _ in messenger.peerForgotten(first.id) }
    let sessions = second.messenger.sessionCount
    #expect(sessions == 0)
    world.send(from: first, to: second, bytes: 20)
    world.run(for: .seconds(1))
    world.holdLiving(first, at: second)
    world.run(for: .seconds(10))
    world.send(from: first, to: second, bytes: 30)
    world.run(for: .seconds(5))
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    #expect(world.ledger.outcomes == [.delivered: 2, .unknown: 1])
  }

  @Test("a node that stops tells what became of everything that waited")
  func stop() {
    let (world, sender, receiver) = Self.pair()
    for _ in 0..<10 { world.send(from: sender, to: receiver, bytes: 10) }
    world.act(sender) { messenger, now, outbox in messenger.stop(now: now, into: &outbox) }
    #expect(world.ledger.outcomes == [.notDelivered: 10])
    #expect(world.send(from: sender, to: receiver, bytes: 10) == .stopped)
    let deadline = sender.messenger.nextDeadline
    #expect(deadline == nil)
  }

  // MARK: Bad input

  @Test(
    "bytes that no peer may send end the connection with a counted reason, and the session goes on with the next one",
    arguments: [
      ("unknown record", [0x07], ChannelFault.unknownKind),
      ("unknown lane", [0x41, 0, 0], .unknownKind),
      ("an end in the middle", [0x02, 1, 2], .malformed),
      ("acknowledged from the future", [0x01, 0x90, 0x4E, 0], .futureSequence),
      ("unknown kind of message", [0x04, 1, 99], .unknownKind),
      ("a chunk from the future", chunk(sequence: 5_000, total: 1, length: 1), .futureSequence),
      ("a chunk shorter than its message", chunk(sequence: 1, total: 9, length: 1), .wrongLength),
      ("a message that is too long", chunk(sequence: 1, total: 1 << 30, length: 1), .messageTooLong),
      ("a further chunk of nothing", [0x05, 1, 1, 0], .malformed),
      ("a context that is too long", chunk(sequence: 1, context: [UInt8](repeating: 0, count: 513)), .malformed),
      ("a context that ends in the middle", chunk(sequence: 1, context: [3, 0x61]), .malformed),
      ("a context with a line's end in it", chunk(sequence: 1, context: [1, 0x61, 1, 0x0A]), .malformed),
    ] as [(String, [UInt8], ChannelFault)])
  func badInput(name: String, frame: [UInt8], fault: ChannelFault) {
    let (world, sender, receiver) = Self.pair()
    world.send(from: sender, to: receiver, bytes: 10)
    world.run(for: .seconds(1))
    world.inject(frame, into: receiver)
    let counted = receiver.messenger.counters[fault]
    #expect(counted == 1)
    world.send(from: sender, to: receiver, bytes: 10)
    world.run(for: .seconds(5))
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    #expect(world.ledger.outcomes == [.delivered: 2])
  }

  private static func chunk(sequence: UInt64, total: UInt64, length: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x04]
    bytes.writeVarint(sequence)
    bytes += [1, 1] + [UInt8](repeating: 0, count: 17)
    bytes.writeVarint(total)
    bytes.writeVarint(UInt64(length))
    return bytes + [UInt8](repeating: 7, count: length)
  }

  /// A whole message without a name that has a context.
  private static func chunk(sequence: UInt64, context: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x04]
    bytes.writeVarint(sequence)
    bytes += [0x81, 1] + [UInt8](repeating: 0, count: 17)
    bytes.writeVarint(UInt64(context.count))
    return bytes + context + [1, 1, 7]
  }

  @Test("nothing is allocated for a length that was only claimed")
  func claimed() {
    let (world, sender, receiver) = Self.pair()
    world.send(from: sender, to: receiver, bytes: 10)
    world.run(for: .seconds(1))
    world.inject(Self.chunk(sequence: 1, total: 16 << 20, length: ChunkLimits.bytes), into: receiver)
    let assembling = receiver.messenger.assemblingBytes
    #expect(assembling == ChunkLimits.bytes)
  }

  @Test("frames of any bytes change nothing but a counter")
  func garbage() {
    let (world, sender, receiver) = Self.pair()
    var random = PRNG(seed: 5)
    for _ in 0..<2_000 {
      world.send(from: sender, to: receiver, bytes: random.below(3) * 9_000)
      world.run(for: .milliseconds(20))
      let frame = (0..<random.below(80)).map { _ in UInt8(truncatingIfNeeded: random.next()) & 0x9F }
      world.inject(frame, into: receiver)
    }
    world.run(for: .seconds(30))
    // Acknowledgements that are made up may say more than is true; nothing else may be wrong.
    let findings = world.ledger.findings.filter { !$0.contains("reported as delivered") && !$0.contains("never sent") }
    #expect(findings.isEmpty)
  }
}
