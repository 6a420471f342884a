import ShoalCore
import ShoalSecurity
import Testing

/// Both ends of a stream and the bytes between them.
private struct StreamPair: ~Copyable {
  var initiator: SecureStream
  var responder: SecureStream
  var toResponder: [UInt8] = []
  var toInitiator: [UInt8] = []
  var initiatorEvents: [SecureStream.StreamEvent] = []
  var responderEvents: [SecureStream.StreamEvent] = []

  init(
    key: ClusterKey, responderKey: ClusterKey? = nil, expecting: NodeID = .unknown, clusterID: String = "test",
    responderClusterID: String = "test"
  ) {
    initiator = SecureStream(
      initiator: Identities.alice, expecting: expecting, key: key, clusterID: clusterID)
    responder = SecureStream(
      responder: Identities.bob, key: responderKey ?? key, clusterID: responderClusterID)
    initiator.start(into: &toResponder)
  }

  /// Delivers what is under way, `chunk` bytes at a time, until nothing is.
  mutating func run(chunk: Int = .max) {
    while !toResponder.isEmpty || !toInitiator.isEmpty {
      let forward = Array(toResponder.prefix(chunk))
      toResponder.removeFirst(forward.count)
      if !forward.isEmpty { responder.receive(forward.rawSpan, output: &toInitiator, events: &responderEvents) }
      let backward = Array(toInitiator.prefix(chunk))
      toInitiator.removeFirst(backward.count)
      if !backward.isEmpty { initiator.receive(backward.rawSpan, output: &toResponder, events: &initiatorEvents) }
    }
  }
}

@Suite("Secure streams")
struct SecureStreamTests {
  @Test("both sides open and carry frames, however the bytes are cut", arguments: [1, 2, 7, 1_000_000])
  func opens(chunk: Int) throws {
    var pair = StreamPair(key: try Identities.key(), expecting: Identities.bob)
    pair.run(chunk: chunk)
    let (atInitiator, atResponder) = (pair.initiatorEvents, pair.responderEvents)
    #expect(atInitiator == [.opened(Identities.bob)])
    #expect(atResponder == [.opened(Identities.alice)])
    let frames: [[UInt8]] = [[], [1], [UInt8](repeating: 9, count: StreamLimits.frameBytes)]
    for frame in frames {
      let toResponder = pair.initiator.write(frame.rawSpan, into: &pair.toResponder)
      let toInitiator = pair.responder.write(frame.rawSpan, into: &pair.toInitiator)
      #expect(toResponder)
      #expect(toInitiator)
    }
    // The longest frame byte by byte would take long for nothing.
    pair.run(chunk: max(chunk, 1_000))
    let (first, second) = (pair.responderEvents.dropFirst(), pair.initiatorEvents.dropFirst())
    #expect(Array(first) == frames.map { .frame($0) })
    #expect(Array(second) == frames.map { .frame($0) })
  }

  @Test("frames that are sealed into the caller's memory are lent where they are opened, one after the other")
  func inPlace() throws {
    var pair = StreamPair(key: try Identities.key())
    pair.run()
    let frames: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 9, count: StreamLimits.frameBytes)]
    for frame in frames {
      let size = frame.count + SecureStream.overhead
      var memory = [UInt8](repeating: 0, count: size + 7)
      let short = unsafe memory.withUnsafeMutableBytes { bytes in
        unsafe pair.initiator.write(frame.rawSpan, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<(size - 1)]))
      }
      #expect(short == 0)
      let written = unsafe memory.withUnsafeMutableBytes { unsafe pair.initiator.write(frame.rawSpan, into: $0) }
      #expect(written == size)
      let sealed = Array(memory[..<written])
      pair.responder.append(sealed.rawSpan)
    }
    var output: [UInt8] = []
    for frame in frames {
      let arrival = pair.responder.next(output: &output)
      #expect(arrival == .frame)
      let isSame = pair.responder.withFrame { lent in unsafe lent.withUnsafeBytes { unsafe Array($0) } } == frame
      #expect(isSame)
    }
    let nothing = pair.responder.next(output: &output)
    #expect(nothing == nil)
    #expect(output.isEmpty)
    let buffered = pair.responder.bufferedBytes
    #expect(buffered == 0)
  }

  @Test("a frame over the limit is not taken")
  func tooLong() throws {
    var pair = StreamPair(key: try Identities.key())
    pair.run()
    let frame = [UInt8](repeating: 0, count: StreamLimits.frameBytes + 1)
    let isTaken = pair.initiator.write(frame.rawSpan, into: &pair.toResponder)
    #expect(!isTaken)
  }

  @Test("another key is told apart from another cluster id")
  func failures() throws {
    var otherKey = StreamPair(key: try Identities.key(), responderKey: try ClusterKey.generate())
    otherKey.run()
    let first = otherKey.initiatorEvents
    #expect(first == [.failed(.unknownKey)])

    var otherCluster = StreamPair(key: try Identities.key(), responderClusterID: "other")
    otherCluster.run()
    let (second, third) = (otherCluster.initiatorEvents, otherCluster.responderEvents)
    #expect(second == [.failed(.wrongCluster)])
    #expect(third == [.failed(.wrongCluster)])

    var otherPeer = StreamPair(key: try Identities.key(), expecting: Identities.carol)
    otherPeer.run()
    let fourth = otherPeer.initiatorEvents
    #expect(fourth == [.failed(.wrongPeer)])
  }

  @Test("a responder acts on nothing before the initiator has confirmed: a recorded opening opens nothing")
  func replayedOpening() throws {
    var pair = StreamPair(key: try Identities.key())
    let recorded = pair.toResponder
    pair.run()
    var later = SecureStream(responder: Identities.bob, key: try Identities.key(), clusterID: "test")
    var output: [UInt8] = []
    var events: [SecureStream.StreamEvent] = []
    later.receive(recorded.rawSpan, output: &output, events: &events)
    #expect(events.isEmpty)
    #expect(output.count < recorded.count)
    later.receive([UInt8](repeating: 0, count: 100).rawSpan, output: &output, events: &events)
    #expect(events == [.failed(.reset)])
  }

  @Test("a refusal is shorter than what it answers")
  func refusalIsShort() throws {
    let other = try ClusterKey.generate()
    var pair = StreamPair(key: try Identities.key(), responderKey: other)
    let opening = pair.toResponder
    pair.responder.receive(opening.rawSpan, output: &pair.toInitiator, events: &pair.responderEvents)
    let count = pair.toInitiator.count
    #expect(count == 1)
  }

  @Test("streams go on through many changes of key")
  func rekey() throws {
    var pair = StreamPair(key: try Identities.key())
    pair.run()
    let count = Int(SecureStream.rekeyInterval) * 2 + 10
    for index in 0..<count {
      _ = pair.initiator.write([UInt8(truncatingIfNeeded: index)].rawSpan, into: &pair.toResponder)
      if index % 1_000 == 0 { pair.run() }
    }
    pair.run()
    let received = pair.responderEvents
    #expect(received.count == count + 1)
    #expect(received.last == .frame([UInt8(truncatingIfNeeded: count - 1)]))
  }

  @Test("a stranger that speaks something else is cut off at its first words")
  func otherProtocol() throws {
    var responder = SecureStream(responder: Identities.bob, key: try Identities.key(), clusterID: "test")
    var output: [UInt8] = []
    var events: [SecureStream.StreamEvent] = []
    responder.receive(Array("GET / HTTP/1.1\r\n\r\n".utf8).rawSpan, output: &output, events: &events)
    #expect(events == [.failed(.reset)])
    #expect(output.isEmpty)
  }

  @Test("200,000 damaged exchanges end in a failure or in waiting, never in a trap, with little buffered")
  func damaged() throws {
    let seed: UInt64 = 11
    var random = PRNG(seed: seed)
    let key = try Identities.key()
    var opening: [UInt8] = []
    var initiator = SecureStream(initiator: Identities.alice, expecting: .unknown, key: key, clusterID: "test")
    initiator.start(into: &opening)
    var failed = 0
    var wrong = 0
    for round in 0..<200_000 {
      var bent = opening
      // A quarter damages what is before the public key, which is cheap to refuse.
      let reach = round % 50 == 0 ? bent.count : 12
      bent[random.below(reach)] ^= UInt8(1 << random.below(8))
      if random.below(4) == 0 { bent.removeLast(random.below(bent.count)) }
      var responder = SecureStream(responder: Identities.bob, key: key, clusterID: "test")
      var output: [UInt8] = []
      var events: [SecureStream.StreamEvent] = []
      responder.receive(bent.rawSpan, output: &output, events: &events)
      if responder.isOpen || responder.bufferedBytes > SecureStream.handshakeMessageLimit { wrong += 1 }
      if !events.isEmpty { failed += 1 }
    }
    #expect(wrong == 0, "seed \(seed)")
    #expect(failed > 50_000, "seed \(seed)")
  }
}
