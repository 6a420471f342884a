import Foundation
import Hummingbird
import NIOCore
import Shoal
import ShoalCore

/// What the control API answers about messages and round trips.
struct MessageRoutes: Sendable {
  let mesh: Mesh
  let listeners: MessageListeners

  /// The longest text that is sent for a client, in bytes.
  static let textLimit = 1 << 20
  /// How long an answer may wait for the acknowledgement of a message.
  static let patience = Duration.seconds(5)
  /// A listener that gets nothing for so long gets an empty line, by which either side notices that the other one is gone.
  static let heartbeat = Duration.seconds(5)

  func add(to router: Router<BasicRequestContext>) {
    router.post("v1/members/:name/messages") { request, context in
      let member = try AdminRoutes.livingMember(try AdminRoutes.name(in: context), in: mesh)
      let wantsReceipt = try QueryParameters(of: request, flags: ["acknowledged"]).flag("acknowledged")
      return try AdminRoutes.answer(
        await send(try await text(of: request), to: member, awaitingReceipt: wantsReceipt))
    }
    router.post("v1/members/:name/ping") { request, context in
      try QueryParameters(of: request)
      let member = try AdminRoutes.livingMember(try AdminRoutes.name(in: context), in: mesh)
      return try AdminRoutes.answer(try await roundTrips(to: member))
    }
    router.post("v1/broadcast") { request, _ in
      let topics = try Self.topics(of: request)
      guard topics.count < 2 else { throw AdminFailure(.badRequest, "A text is published to one topic; name one.") }
      return try AdminRoutes.answer(await broadcast(try await text(of: request), topic: topics.first))
    }
    router.post("v1/listen") { request, _ in try listen(to: try Self.topics(of: request)) }
  }

  /// `?topic=`, any number of times, and `causal=true` or `total=true`.
  private static func topics(of request: Request) throws -> Set<Topic> {
    let parameters = try QueryParameters(of: request, flags: ["causal", "total"], lists: ["topic"])
    let (isCausal, isTotal) = (parameters.flag("causal"), parameters.flag("total"))
    guard !isCausal || !isTotal else {
      throw AdminFailure(.badRequest, "A topic has one order; give causal=true or total=true, not both.")
    }
    let order: TopicOrder = isTotal ? .total : isCausal ? .causal : .fifo
    let topics = Set(parameters.list("topic").map { Topic($0, order: order) })
    if topics.isEmpty, isCausal || isTotal {
      throw AdminFailure(.badRequest, "\(isCausal ? "causal" : "total") is about topics; give one with topic=.")
    }
    guard topics.count <= MessageListeners.topicLimit else {
      throw AdminFailure(.badRequest, "These are \(topics.count) topics; name at most \(MessageListeners.topicLimit).")
    }
    for topic in topics where topic.name.isEmpty || !topic.isValid {
      throw AdminFailure(
        .badRequest, "\(topic.name.debugDescription) is no topic; give 1 to 255 bytes without control characters.")
    }
    return topics
  }

  private func text(of request: Request) async throws -> [UInt8] {
    do {
      return Array(try await request.body.collect(upTo: Self.textLimit).readableBytesView)
    } catch is NIOTooManyBytesError {
      throw AdminFailure(.contentTooLarge, "The text is too long: it may have \(Self.textLimit) bytes at most.")
    } catch {
      throw AdminFailure(.badRequest, "The text did not come whole; send it again.")
    }
  }

  // MARK: Sending

  private func send(_ bytes: [UInt8], to member: Member, awaitingReceipt: Bool) async throws -> SendReport {
    try refuseMyself(member)
    var options = awaitingReceipt ? SendOptions.acknowledged : SendOptions()
    options.whenFull = .fail
    let correlation = Self.drawCorrelation()
    options.correlation = correlation
    do {
      try await withThrowingTaskGroup(of: Void.self) { [options] group in
        group.addTask { try await mesh.send(bytes, to: member.id, options: options) }
        group.addTask {
          try await Task.sleep(for: Self.patience)
          throw AdminFailure(
            .gatewayTimeout,
            "\(member.name) has not said within \(Self.patience) that it has the message; it may get it yet.")
        }
        try await group.next()
        group.cancelAll()
      }
    } catch let error as MessageError {
      throw AdminFailure(.conflict, "\(member.name) did not get the message: \(error)")
    }
    return SendReport(
      receiver: Self.node(member), acknowledged: awaitingReceipt, correlation: correlation.description)
  }

  private func broadcast(_ bytes: [UInt8], topic: Topic?) async throws -> BroadcastReport {
    var options = SendOptions()
    let correlation = Self.drawCorrelation()
    options.correlation = correlation
    options.whenFull = .fail
    let receipt: BroadcastReceipt
    do {
      if let topic {
        receipt = try await mesh.publish(bytes, to: topic, deadline: Self.patience, options: options)
      } else {
        receipt = try await mesh.broadcast(bytes, deadline: Self.patience, options: options)
      }
    } catch {
      throw AdminFailure(.conflict, "Nobody was sent the message: \(error)")
    }
    return BroadcastReport(receipt, correlation: correlation) { mesh.member($0)?.name }
  }

  // MARK: Round trips

  private func roundTrips(to member: Member) async throws -> RoundTripReport {
    try refuseMyself(member)
    async let udp = roundTrip(to: member.id, over: .datagram)
    async let channel = roundTrip(to: member.id, over: .channel)
    return RoundTripReport(member: Self.node(member), udp: await udp, channel: await channel)
  }

  private func roundTrip(to peer: NodeID, over path: PingPath) async -> RoundTripReport.Answer {
    do throws(MessageError) {
      return RoundTripReport.Answer(nanoseconds: Nanoseconds(try await mesh.ping(peer, over: path)))
    } catch { return RoundTripReport.Answer(error: error.message) }
  }

  // MARK: Listening

  /// An answer that goes on, a line of JSON for each message, until either side ends it.
  private func listen(to topics: Set<Topic>) throws -> Response {
    guard let listener = listeners.add(topics: topics) else {
      throw AdminFailure(
        .tooManyRequests, "\(MessageListeners.limit) listen already, or the agent is about to stop; end one of them.")
    }
    return Response(
      status: .ok, headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            while true {
              try await Task.sleep(for: Self.heartbeat)
              listener.beat()
            }
          }
          defer { group.cancelAll() }
          while let item = await listener.next() { try await writer.write(try Self.line(item)) }
        }
        try await writer.finish(nil)
      })
  }

  private static func line(_ item: MessageListener.Item) throws -> ByteBuffer {
    switch item {
    case .message(let report): ByteBuffer(bytes: try ReportCoding.encode(report) + Data("\n".utf8))
    case .heartbeat: ByteBuffer(string: "\n")
    }
  }

  // MARK: Helpers

  private func refuseMyself(_ member: Member) throws {
    guard member.id == mesh.myself.id else { return }
    throw AdminFailure(.conflict, "\(member.name) is the agent that was asked; name another member.")
  }

  private static func node(_ member: Member) -> RecordReport.Node {
    RecordReport.Node(id: member.id.description, name: member.name)
  }

  private static func drawCorrelation() -> CorrelationID {
    CorrelationID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
  }
}
