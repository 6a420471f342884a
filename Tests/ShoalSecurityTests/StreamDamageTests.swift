import ShoalCore
import ShoalSecurity
import Testing

/// One direction of a genuine exchange after the other, each damaged on its way.
@Suite("Damaged streams")
struct StreamDamageTests {
  /// Which bytes are damaged.
  enum Stage: CaseIterable { case opening, answer, confirmation, frameToResponder, frameToInitiator }

  private struct Outcome {
    var damaged: [SecureStream.StreamEvent]
    var buffered: Int
    /// How many bytes went over the wire at the stage.
    var length: Int
  }

  /// Runs an exchange up to `stage`, whose bytes `damage` may change, and tells what the receiving side of it said.
  private func run(_ stage: Stage, damage: (inout [UInt8]) -> Void) throws -> Outcome {
    let key = try Identities.key()
    var initiator = SecureStream(
      initiator: Identities.alice, expecting: Identities.bob, key: key, clusterID: "test")
    var responder = SecureStream(responder: Identities.bob, key: key, clusterID: "test")
    var wire: [UInt8] = []
    initiator.start(into: &wire)
    for current in Stage.allCases {
      var output: [UInt8] = []
      var events: [SecureStream.StreamEvent] = []
      switch current {
      case .opening, .answer, .confirmation: break
      case .frameToResponder: _ = initiator.write(Self.frame.rawSpan, into: &wire)
      case .frameToInitiator: _ = responder.write(Self.frame.rawSpan, into: &wire)
      }
      let length = wire.count
      if current == stage { damage(&wire) }
      switch current {
      case .opening, .confirmation, .frameToResponder:
        responder.receive(wire.rawSpan, output: &output, events: &events)
      case .answer, .frameToInitiator: initiator.receive(wire.rawSpan, output: &output, events: &events)
      }
      if current == stage {
        let buffered = max(initiator.bufferedBytes, responder.bufferedBytes)
        return Outcome(damaged: events, buffered: buffered, length: length)
      }
      wire = output
    }
    return Outcome(damaged: [], buffered: 0, length: 0)
  }

  private static let frame = Array("a frame".utf8)

  /// Neither opened nor delivered.
  private func isHarmless(_ events: [SecureStream.StreamEvent]) -> Bool {
    events.allSatisfy { if case .failed = $0 { true } else { false } }
  }

  @Test("a change of any single bit opens nothing and delivers nothing", arguments: Stage.allCases)
  func bits(stage: Stage) throws {
    let length = try run(stage) { _ in }.length
    #expect(length > 0)
    for bit in 0..<length * 8 {
      let outcome = try run(stage) { $0[bit / 8] ^= 1 << (bit % 8) }
      #expect(isHarmless(outcome.damaged), "\(stage), bit \(bit)")
    }
  }

  @Test("bytes that break off anywhere leave the stream waiting or failed", arguments: Stage.allCases)
  func truncation(stage: Stage) throws {
    let length = try run(stage) { _ in }.length
    for kept in 0..<length {
      let outcome = try run(stage) { $0.removeLast($0.count - kept) }
      #expect(outcome.damaged.isEmpty, "\(stage), \(kept) bytes")
      #expect(outcome.buffered <= kept)
    }
  }

  @Test("garbage at any stage ends in a failure, with little buffered", arguments: Stage.allCases)
  func garbage(stage: Stage) throws {
    let seed: UInt64 = 99
    var random = PRNG(seed: seed)
    for round in 0..<300 {
      let outcome = try run(stage) { bytes in
        bytes = (0..<random.below(20_000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      }
      #expect(isHarmless(outcome.damaged), "\(stage), seed \(seed), round \(round)")
      let isBeforeOpening = stage == .opening || stage == .answer || stage == .confirmation
      let limit = isBeforeOpening ? SecureStream.handshakeMessageLimit + 2 : StreamLimits.frameBytes + 18
      #expect(outcome.buffered <= limit, "\(stage), seed \(seed), round \(round)")
    }
  }

  @Test("before it has proved itself, a peer that dribbles bytes fills at most one handshake message")
  func bounded() throws {
    let key = try Identities.key()
    var opening: [UInt8] = []
    var initiator = SecureStream(initiator: Identities.alice, expecting: .unknown, key: key, clusterID: "test")
    initiator.start(into: &opening)
    for start in [[], Array("SHOL".utf8), Array(opening.prefix(9)), opening] {
      var responder = SecureStream(responder: Identities.bob, key: key, clusterID: "test")
      var output: [UInt8] = []
      var events: [SecureStream.StreamEvent] = []
      var most = 0
      for byte in start + [UInt8](repeating: 0, count: 20_000) {
        responder.receive([byte].rawSpan, output: &output, events: &events)
        most = max(most, responder.bufferedBytes)
      }
      #expect(most <= SecureStream.handshakeMessageLimit + 2)
      #expect(isHarmless(events))
    }
  }

  @Test("a frame that is sent twice on the wire ends the stream at the second")
  func repeatedFrame() throws {
    let outcome = try run(.frameToResponder) { $0 += $0 }
    #expect(outcome.damaged == [.frame(Self.frame), .failed(.reset)])
  }

  @Test("100,000 damaged answers neither open an initiator nor trap it")
  func answers() throws {
    let seed: UInt64 = 12
    var random = PRNG(seed: seed)
    let key = try Identities.key()
    var opened = 0
    for round in 0..<100_000 {
      // A fresh opening costs a key pair; the answer below is garbage in any case.
      var initiator = SecureStream(initiator: Identities.alice, expecting: .unknown, key: key, clusterID: "test")
      if round % 100 == 0 {
        var opening: [UInt8] = []
        initiator.start(into: &opening)
      }
      var answer = (0..<random.below(120)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      if !answer.isEmpty { answer[0] = UInt8(random.below(6)) }
      if answer.count > 3 { (answer[1], answer[2]) = (0, UInt8(random.below(120))) }
      var output: [UInt8] = []
      var events: [SecureStream.StreamEvent] = []
      initiator.receive(answer.rawSpan, output: &output, events: &events)
      if initiator.isOpen { opened += 1 }
    }
    #expect(opened == 0, "seed \(seed)")
  }
}
