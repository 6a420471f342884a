import Foundation
import Shoal
import ShoalCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One node's part in `deliver`: sends numbered messages, and checks those that come.
final class MessageParty: Sendable {
  private struct FlowName: Hashable {
    let sender: NodeID
    let name: String
  }

  private let mesh: Mesh
  private let flows = Mutex<[FlowName: MessageFact.Flow]>([:])

  /// Under these names messages travel: to one node, to all, and in requests.
  static let one = "one"
  static let all = "all"
  static let asked = "asked"
  /// A broadcast waits so long for connections that are cut and made again.
  private static let broadcastDeadline = Duration.seconds(60)
  /// A request that was taken in waits so long for its reply.
  private static let requestDeadline = Duration.seconds(4)
  /// So many tasks send, and as many ask, until the peer is gone.
  private static let tasks = 32
  private static let looks = 500
  private static let lookInterval = Duration.milliseconds(10)

  init(_ mesh: Mesh) { self.mesh = mesh }

  func carryOut(_ order: MessageOrder) async throws -> MessageFact {
    switch order {
    case .check:
      for name in [Self.one, Self.all] { mesh.handlers.onMessage(named: name) { [self] in note($0) } }
      return .nothing
    case .tell: return .arrived(flows.withLock { $0.values.sorted { ($0.sender, $0.name) < ($1.sender, $1.name) } })
    case .send(let peer, let count, let bytes, let cutInterval):
      return .sent(
        try await whileCutting(every: cutInterval) { sent in
          try await self.send(count, bytes: bytes, to: try Self.id(peer))
        })
    case .broadcast(let count, let bytes, let cutInterval):
      return .sent(
        try await whileCutting(every: cutInterval) { sent in
          sent.incomplete = try await self.broadcast(count, bytes: bytes)
        })
    case .noteArrivals(let file):
      try noteArrivals(in: file)
      return .nothing
    case .sendUntilGone(let peer): return .outcomes(await sendUntilGone(try Self.id(peer)))
    }
  }

  // MARK: Messages

  /// The number, then bytes that depend on it.
  private static func message(_ number: UInt64, bytes: Int) -> [UInt8] {
    var message: [UInt8] = []
    message.reserveCapacity(bytes)
    message.write(number)
    while message.count < bytes { message.append(UInt8(truncatingIfNeeded: number)) }
    return message
  }

  /// Nil for what nobody here has sent.
  private static func number(_ message: [UInt8]) -> UInt64? {
    var reader = ByteReader(message.rawSpan)
    guard let number = try? reader.readUInt64() else { return nil }
    return message[8...].allSatisfy { $0 == UInt8(truncatingIfNeeded: number) } ? number : nil
  }

  private func note(_ message: ReceivedMessage) {
    let number = Self.number(message.bytes)
    flows.withLock { flows in
      let name = FlowName(sender: message.sender, name: message.name)
      var flow = flows[name] ?? MessageFact.Flow(sender: message.sender.description, name: message.name)
      if number != UInt64(flow.count), flow.flaw == nil {
        flow.flaw = "number \(number.map(String.init) ?? "unreadable") came where \(flow.count) was awaited"
      }
      flow.count += 1
      flows[name] = flow
    }
  }

  private static func options(_ name: String, _ options: SendOptions = SendOptions()) -> SendOptions {
    var options = options
    options.name = name
    return options
  }

  private static func id(_ text: String) throws -> NodeID {
    guard let id = NodeID(text) else { throw StepFailure(sentence: "'\(text)' is no NodeID.") }
    return id
  }

  // MARK: While connections are cut

  private func whileCutting(
    every seconds: Double, _ body: (inout MessageFact.Sent) async throws -> Void
  ) async throws -> MessageFact.Sent {
    let (start, lost) = (MonotonicClock.now, lostSoFar)
    let cutter = Task { [mesh] in
      var cuts = 0
      while true {
        do { try await Task.sleep(for: .seconds(seconds)) } catch { return cuts }
        cuts += try await mesh.cutChannels()
      }
    }
    defer { cutter.cancel() }
    var sent = MessageFact.Sent()
    try await body(&sent)
    cutter.cancel()
    sent.cuts = try await cutter.value
    sent.lost = lostSoFar - lost
    sent.seconds = Double(MonotonicClock.now - start) / 1e9
    return sent
  }

  private var lostSoFar: UInt64 { mesh.counter("messages_not_delivered") + mesh.counter("messages_unknown") }

  private func send(_ count: Int, bytes: Int, to peer: NodeID) async throws {
    for number in 0..<count {
      // When the last one is there, all are.
      let options = number == count - 1 ? Self.options(Self.one, .acknowledged) : Self.options(Self.one)
      try await mesh.send(Self.message(UInt64(number), bytes: bytes), to: peer, options: options)
    }
  }

  /// Returns how many did not reach everybody.
  private func broadcast(_ count: Int, bytes: Int) async throws -> Int {
    var incomplete = 0
    for number in 0..<count {
      let receipt = try await mesh.broadcast(
        Self.message(UInt64(number), bytes: bytes), deadline: Self.broadcastDeadline, options: Self.options(Self.all))
      if !receipt.isComplete { incomplete += 1 }
    }
    return incomplete
  }

  // MARK: Until the peer is killed

  private func noteArrivals(in file: String) throws {
    let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    guard descriptor >= 0 else { throw StepFailure(sentence: "'\(file)' could not be opened: error \(errno).") }
    // The kernel has it when this returns, whatever happens to the process.
    let note: @Sendable (ReceivedMessage) -> Void = { message in
      let number = message.bytes.prefix(8)
      _ = unsafe number.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    }
    mesh.handlers.onMessage(named: Self.one) { note($0) }
    mesh.handlers.onRequest(named: Self.asked) { message in
      note(message)
      return []
    }
  }

  private func sendUntilGone(_ peer: NodeID) async -> MessageFact.Outcomes {
    let numbers = Numbers()
    let before = outcomesCounted
    var all = await withTaskGroup(of: MessageFact.Outcomes.self) { group in
      for _ in 0..<Self.tasks {
        group.addTask { await self.sendUntilGone(peer, numbers) }
        group.addTask { await self.askUntilGone(peer, numbers) }
      }
      var all = MessageFact.Outcomes()
      for await some in group { all += some }
      return all
    }
    all.issued = numbers.issued
    // Counters are told a moment after the outcomes themselves.
    for _ in 0..<Self.looks where outcomesCounted != before { try? await Task.sleep(for: Self.lookInterval) }
    all.withoutOutcome = outcomesCounted - before
    return all
  }

  private var outcomesCounted: Int64 {
    let finished = ["messages_delivered", "messages_not_delivered", "messages_unknown"].map { mesh.counter($0) }
    return Int64(mesh.counter("messages_accepted")) - Int64(finished.reduce(0, +))
  }

  private func sendUntilGone(_ peer: NodeID, _ numbers: Numbers) async -> MessageFact.Outcomes {
    var outcomes = MessageFact.Outcomes()
    while outcomes.hasNoError {
      let number = numbers.next()
      do throws(MessageError) {
        try await mesh.send(
          Self.message(number, bytes: 8), to: peer, options: Self.options(Self.one, .acknowledged))
        outcomes.delivered.append(number)
      } catch { outcomes.note(error, of: number) }
    }
    return outcomes
  }

  private func askUntilGone(_ peer: NodeID, _ numbers: Numbers) async -> MessageFact.Outcomes {
    var outcomes = MessageFact.Outcomes()
    while outcomes.hasNoError {
      let number = numbers.next()
      do throws(MessageError) {
        _ = try await mesh.request(
          Self.message(number, bytes: 8), to: peer, deadline: Self.requestDeadline, options: Self.options(Self.asked))
        outcomes.answered.append(number)
      } catch { outcomes.note(error, of: number) }
    }
    return outcomes
  }

  /// Draws numbers for many tasks.
  private final class Numbers: Sendable {
    private let count = Atomic<UInt64>(0)
    var issued: Int { Int(count.load(ordering: .relaxed)) }
    func next() -> UInt64 { count.wrappingAdd(1, ordering: .relaxed).oldValue }
  }
}

extension MessageFact.Outcomes {
  var hasNoError: Bool { notDelivered.isEmpty && unknown.isEmpty && unexpected.isEmpty }

  mutating func note(_ error: MessageError, of number: UInt64) {
    switch error.code {
    case .notDelivered, .notMember: notDelivered.append(number)
    case .unknown, .deadlineExceeded: unknown.append(number)
    case .tooLong, .outboxFull, .stopped, .cancelled, .noHandler, .remoteFailure, .badTopic, .noCoordinator,
      .notEncodable,
      .notDecodable, .refused:
      unexpected.append("message \(number): \(error.code)")
    }
  }

  static func += (left: inout Self, right: Self) {
    left.answered += right.answered
    left.delivered += right.delivered
    left.notDelivered += right.notDelivered
    left.unknown += right.unknown
    left.unexpected += right.unexpected
  }

  var total: Int { answered.count + delivered.count + notDelivered.count + unknown.count + unexpected.count }
}
