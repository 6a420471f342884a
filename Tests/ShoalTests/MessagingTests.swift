import NIOCore
import Shoal
import ShoalCore
import ShoalSecurity
import Synchronization
import Testing

@Suite("Messages on sockets", .timeLimit(.minutes(5)))
struct MessagingTests {
  private struct Quote: Codable, Sendable, Equatable { var id: Int }
  private struct Price: Codable, Sendable, Equatable { var cents: Int }
  private struct Sorry: Error, CustomStringConvertible { let description = "sold out" }

  /// What handlers have seen, in order.
  private final class Record: Sendable {
    private let seen = Mutex<[[UInt8]]>([])
    func note(_ bytes: [UInt8]) { seen.withLock { $0.append(bytes) } }
    var all: [[UInt8]] { seen.withLock { $0 } }
    var count: Int { seen.withLock { $0.count } }
  }

  private func pair() async throws -> (Mesh, Mesh) {
    let nodes = try await MeshHarness.cluster(2, key: try MeshHarness.key())
    #expect(await nodes[0].sees(2))
    #expect(await nodes[1].sees(2))
    return (nodes[0], nodes[1])
  }

  private static func number(_ bytes: [UInt8]) -> Int { bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) } }

  private static func message(_ number: Int, bytes: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } + [UInt8](repeating: 7, count: max(0, bytes - 4))
  }

  @Test("twenty thousand messages arrive in order, each once")
  func order() async throws {
    let (sender, receiver) = try await pair()
    let record = Record()
    receiver.handlers.onMessage { record.note($0.bytes) }
    for number in 0..<20_000 { try await sender.send(Self.message(number, bytes: 100), to: receiver.myself.id) }
    try await sender.send(Self.message(20_000, bytes: 100), to: receiver.myself.id, options: .acknowledged)
    #expect(await sender.counts("messages_delivered", atLeast: 20_001))
    #expect(await receiver.waitsFor { record.count == 20_001 })
    #expect(record.all.map(Self.number) == Array(0...20_000))
    await MeshHarness.shutdown([sender, receiver])
  }

  @Test("connections that are cut all the time lose nothing, repeat nothing, and keep the order")
  func cuts() async throws {
    let (sender, receiver) = try await pair()
    let record = Record()
    receiver.handlers.onMessage { record.note($0.bytes) }
    let id = receiver.myself.id
    let cutter = Task {
      var cuts = 0
      while !Task.isCancelled {
        try? await sender.eventLoop.scheduleTask(in: .milliseconds(20)) {}.futureResult.get()
        cuts += try await sender.cutChannels()
      }
      return cuts
    }
    for number in 0..<30_000 { try await sender.send(Self.message(number, bytes: 1_000), to: id) }
    let isWhole = await receiver.waitsFor { record.count == 30_000 }
    cutter.cancel()
    let cuts = try await cutter.value
    #expect(isWhole)
    #expect(cuts > 0)
    #expect(record.all.map(Self.number) == Array(0..<30_000))
    await MeshHarness.shutdown([sender, receiver])
  }

  @Test("a message of sixteen mebibytes arrives unchanged, and one byte more is refused")
  func large() async throws {
    let (sender, receiver) = try await pair()
    let record = Record()
    receiver.handlers.onMessage { record.note($0.bytes) }
    let bytes = (0..<16 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    var options = SendOptions.bulk
    options.completion = .acknowledged
    try await sender.send(bytes, to: receiver.myself.id, options: options)
    #expect(await receiver.waitsFor { record.count == 1 })
    #expect(record.all.first == bytes)
    let error = await #expect(throws: MessageError.self) {
      try await sender.send(bytes + [0], to: receiver.myself.id)
    }
    #expect(error?.code == .tooLong)
    await MeshHarness.shutdown([sender, receiver])
  }

  @Test("requests of values are answered, and what a handler throws reaches the asker")
  func requests() async throws {
    let (asker, answerer) = try await pair()
    answerer.handlers.onRequest(Quote.self) { quote, message -> Price in
      guard quote.id > 0 else { throw Sorry() }
      return Price(cents: quote.id * 100)
    }
    let price: Price = try await asker.request(Quote(id: 7), to: answerer.myself.id)
    #expect(price == Price(cents: 700))
    let failure = await #expect(throws: MessageError.self) {
      _ = try await asker.request(Quote(id: 0), to: answerer.myself.id, expecting: Price.self)
    }
    #expect(failure?.code == .remoteFailure)
    #expect(failure?.message == "sold out")
    let unhandled = await #expect(throws: MessageError.self) {
      _ = try await asker.request([1, 2, 3], to: answerer.myself.id)
    }
    #expect(unhandled?.code == .noHandler)
    let unreadable = await #expect(throws: MessageError.self) {
      var options = SendOptions()
      options.name = String(reflecting: Quote.self)
      _ = try await asker.request([1, 2, 3], to: answerer.myself.id, options: options)
    }
    #expect(unreadable?.code == .notDecodable)
    await MeshHarness.shutdown([asker, answerer])
  }

  @Test("a request ends at its deadline or with its task, and its handler is cancelled")
  func deadlines() async throws {
    let (asker, answerer) = try await pair()
    let begun = Mutex<Set<UInt8>>([])
    let cancelled = Mutex<Set<UInt8>>([])
    answerer.handlers.onRequest { message in
      begun.withLock { _ = $0.insert(message.bytes[0]) }
      // Nothing ever comes: it ends when it is cancelled.
      let (nothing, source) = AsyncStream<Void>.makeStream()
      for await _ in nothing {}
      source.finish()
      cancelled.withLock { _ = $0.insert(message.bytes[0]) }
      return []
    }
    let late = await #expect(throws: MessageError.self) {
      _ = try await asker.request([1], to: answerer.myself.id, deadline: .milliseconds(50))
    }
    #expect(late?.code == .deadlineExceeded)
    let id = answerer.myself.id
    let task = Task { try await asker.request([2], to: id, deadline: .seconds(600)) }
    #expect(await answerer.waitsFor { begun.withLock { $0.contains(2) } })
    task.cancel()
    let result = await task.result
    #expect(throws: MessageError.self) { _ = try result.get() }
    // On a busy machine the first may have been given up before its handler began.
    #expect(await answerer.waitsFor { cancelled.withLock { $0 } == begun.withLock { $0 } })
    #expect(cancelled.withLock { $0.contains(2) })
    await MeshHarness.shutdown([asker, answerer])
  }

  @Test("a broadcast reaches every other member, and its receipt names who has it and who has not")
  func broadcast() async throws {
    let nodes = try await MeshHarness.cluster(4, key: try MeshHarness.key())
    for node in nodes { #expect(await node.sees(4)) }
    let record = Record()
    for node in nodes { node.handlers.onMessage { record.note($0.bytes) } }
    let receipt = try await nodes[0].broadcast([1, 2, 3])
    #expect(receipt.isComplete)
    #expect(receipt.acknowledged == nodes.dropFirst().map(\.myself.id).sorted())
    #expect(await nodes[0].waitsFor { record.count == 3 })
    #expect(record.all == [[1, 2, 3], [1, 2, 3], [1, 2, 3]])
    let victim = nodes[3].myself.id
    await nodes[3].shutdown()
    let partial = try await nodes[0].broadcast([4], deadline: .seconds(60))
    // It may have been found dead before, and then it was not in the view.
    #expect(partial.acknowledged == nodes[1...2].map(\.myself.id).sorted())
    #expect(partial.missing.keys.allSatisfy { $0 == victim })
    await MeshHarness.shutdown(nodes)
  }

  @Test("a peer that dies: everything that waited ends, with what became of it, and nothing more is accepted")
  func death() async throws {
    let (sender, receiver) = try await pair()
    let id = receiver.myself.id
    try await sender.send([1], to: id, options: .acknowledged)
    await receiver.shutdown()
    let error = await #expect(throws: MessageError.self) { try await sender.send([2], to: id, options: .acknowledged) }
    let codes: [MessageError.Code] = [.notDelivered, .unknown, .notMember]
    #expect(error.map { codes.contains($0.code) } == true)
    #expect(await sender.sees(id, as: .dead))
    let refused = await #expect(throws: MessageError.self) { try await sender.send([3], to: id) }
    #expect(refused?.code == .notMember)
    await sender.shutdown()
    let stopped = await #expect(throws: MessageError.self) { try await sender.send([4], to: id) }
    #expect(stopped?.code == .stopped)
  }

  @Test("a reader that has stopped makes its senders wait or fail, and holds no more than its window")
  func stalledReader() async throws {
    let (sender, receiver) = try await pair()
    let id = receiver.myself.id
    let (gate, opener) = AsyncStream.makeStream(of: Void.self)
    let record = Record()
    receiver.handlers.onMessage { message in
      if record.count == 0 { for await _ in gate { break } }
      record.note(message.bytes)
    }
    var failing = SendOptions()
    failing.whenFull = .fail
    var accepted = 0
    var refusal: MessageError?
    while refusal == nil {
      do throws(MessageError) {
        try await sender.send(Self.message(accepted, bytes: 10_000), to: id, options: failing)
        accepted += 1
      } catch { refusal = error }
    }
    #expect(refusal?.code == .outboxFull)
    #expect(accepted <= (8 << 20) / 10_000 + (1 << 20) / 10_000)
    opener.yield()
    // This one waits until there is room.
    try await sender.send(Self.message(accepted, bytes: 10_000), to: id)
    let sent = accepted + 1
    #expect(await receiver.waitsFor { record.count == sent })
    #expect(record.all.map(Self.number) == Array(0...accepted))
    await MeshHarness.shutdown([sender, receiver])
  }

  @Test("a reader that stands still holds a window of its sender's and nothing of others, whose messages go on")
  func stalledAmongOthers() async throws {
    let nodes = try await MeshHarness.cluster(3, key: try MeshHarness.key())
    for node in nodes { #expect(await node.sees(3)) }
    let (sender, other, stalled) = (nodes[0], nodes[1], nodes[2])
    let (gate, opener) = AsyncStream.makeStream(of: Void.self)
    let record = Record()
    let blocked = sender.myself.id
    stalled.handlers.onMessage { message in
      if message.sender == blocked { for await _ in gate {} } else { record.note(message.bytes) }
    }
    other.handlers.onMessage { record.note($0.bytes) }
    var isFull = false
    while !isFull {
      do throws(MessageError) {
        try sender.sendOneWay(Self.message(0, bytes: 10_000), to: stalled.myself.id)
      } catch { isFull = true }
    }
    try await other.send([1], to: stalled.myself.id, options: .acknowledged)
    try await sender.send([2], to: other.myself.id, options: .acknowledged)
    #expect(await stalled.waitsFor { record.count == 2 })
    // All but the one that has come from the other.
    let held = (Int(stalled.counter("messages_received")) - 1) * ChunkLimits.cost(of: 10_000)
    #expect(held <= MessagingConfiguration().receiveLimit)
    opener.finish()
    #expect(await sender.waitsFor { sender.counter("messages_delivered") == sender.counter("messages_accepted") })
    await MeshHarness.shutdown(nodes)
  }

  @Test(
    "bytes that no peer may send end the connection with a counted reason, and the session goes on with the next one",
    arguments: [
      ("channel_fault_unknown_kind", [0x07]), ("channel_fault_unknown_kind", [0x41, 0, 0]),
      ("channel_fault_future_sequence", [0x01, 0x90, 0x4E, 0]), ("channel_fault_malformed", [0x02, 1, 2]),
    ] as [(String, [UInt8])])
  func badRecords(fault: String, frame: [UInt8]) async throws {
    let key = try MeshHarness.key()
    let nodes = try await MeshHarness.cluster(2, key: key)
    let (receiver, sender) = (nodes[0], nodes[1])
    for node in nodes { #expect(await node.sees(2)) }
    let record = Record()
    receiver.handlers.onMessage { record.note($0.bytes) }
    for number in 0..<3 {
      try await sender.send(Self.message(number, bytes: 10), to: receiver.myself.id, options: .acknowledged)
    }
    // In the sender's name, on the connection after the one that the two have.
    try await RoguePeer.connect(to: receiver, as: sender.myself.id, key: key, connection: 1, sending: frame)
    #expect(await receiver.counts(fault, atLeast: 1))
    for number in 3..<6 {
      try await sender.send(Self.message(number, bytes: 10), to: receiver.myself.id, options: .acknowledged)
    }
    #expect(await receiver.waitsFor { record.count == 6 })
    #expect(record.all.map(Self.number) == Array(0..<6))
    #expect(receiver.counter("sessions_broken") == 0)
    await MeshHarness.shutdown(nodes)
  }

  @Test("what is sent while a message is handled belongs to the same cause")
  func correlation() async throws {
    let (first, second) = try await pair()
    let record = Mutex<[CorrelationID]>([])
    second.handlers.onMessage { message in
      record.withLock { $0.append(message.correlation) }
      try? await second.send([2], to: message.sender)
    }
    first.handlers.onMessage { message in record.withLock { $0.append(message.correlation) } }
    var options = SendOptions()
    options.correlation = CorrelationID(high: 1, low: 2)
    try await first.send([1], to: second.myself.id, options: options)
    #expect(await first.waitsFor { record.withLock { $0.count } == 2 })
    #expect(record.withLock { $0 } == [CorrelationID(high: 1, low: 2), CorrelationID(high: 1, low: 2)])
    await MeshHarness.shutdown([first, second])
  }
}
