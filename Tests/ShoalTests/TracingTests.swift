import InMemoryTracing
import Shoal
import Synchronization
import Testing
import Tracing

@Suite("Tracing", .timeLimit(.minutes(5)))
struct TracingTests {
  private struct Sorry: Error {}

  /// Two nodes, each with what traces it.
  private func pair(_ first: (any Tracer)?, _ second: (any Tracer)?) async throws -> (Mesh, Mesh) {
    let key = try MeshHarness.key()
    var configuration = MeshHarness.configuration("first", key: key)
    configuration.tracer = first
    let one = try await Mesh.start(configuration)
    configuration = MeshHarness.configuration("second", key: key, seeds: [one.endpoint])
    configuration.tracer = second
    let other = try await Mesh.start(configuration)
    #expect(await one.sees(2))
    #expect(await other.sees(2))
    return (one, other)
  }

  private func spans(_ tracer: InMemoryTracer, _ count: Int, at mesh: Mesh) async throws -> [FinishedInMemorySpan] {
    try #require(await mesh.waitsFor { tracer.finishedSpans.count >= count })
    return tracer.finishedSpans
  }

  private func attribute(_ name: String, of span: FinishedInMemorySpan) -> String? {
    if case .string(let value) = span.attributes.get(name) { value } else { nil }
  }

  @Test("what a handler does belongs to the span of the message, and that to the sender's, on another node")
  func oneWay() async throws {
    let (here, there) = (InMemoryTracer(), InMemoryTracer())
    let (sender, receiver) = try await pair(here, there)
    let seen = Mutex<ReceivedMessage?>(nil)
    receiver.handlers.onMessage { message in
      there.withSpan("work") { _ in seen.withLock { $0 = message } }
    }
    try await sender.send([1, 2, 3], to: receiver.myself.id, options: .acknowledged)
    let sent = try #require(try await spans(here, 1, at: sender).first)
    let handled = try await spans(there, 2, at: receiver)
    let work = try #require(handled.first { $0.operationName == "work" })
    let handle = try #require(handled.first { $0.operationName == "handle" })
    #expect(sent.operationName == "send")
    #expect(sent.kind == .producer)
    #expect(handle.kind == .consumer)
    #expect(handle.traceID == sent.traceID)
    #expect(work.parentSpanID == handle.spanID)
    let message = try #require(seen.withLock { $0 })
    for span in [sent, handle] {
      #expect(attribute("messaging.message.id", of: span) == message.id.description)
      #expect(attribute("messaging.message.conversation_id", of: span) == message.correlation.description)
    }
    #expect(here.performedContextInjections.count == 1)
    #expect(there.performedContextExtractions.count == 1)
    await MeshHarness.shutdown([sender, receiver])
  }

  @Test("a request's span lasts until its reply, and both sides note a failure")
  func requests() async throws {
    let tracer = InMemoryTracer()
    let (asker, answerer) = try await pair(tracer, tracer)
    answerer.handlers.onRequest { message in
      guard message.bytes != [0] else { throw Sorry() }
      return message.bytes
    }
    #expect(try await asker.request([7], to: answerer.myself.id, deadline: .seconds(60)) == [7])
    let good = try await spans(tracer, 2, at: asker)
    let request = try #require(good.first { $0.operationName == "request" })
    let answer = try #require(good.first { $0.operationName == "answer" })
    #expect(request.kind == .client)
    #expect(answer.kind == .server)
    #expect(answer.spanContext.traceID == request.traceID)
    #expect(good.allSatisfy { $0.errors.isEmpty })
    tracer.clearFinishedSpans()
    await #expect(throws: MessageError.self) {
      _ = try await asker.request([0], to: answerer.myself.id, deadline: .seconds(60))
    }
    let bad = try await spans(tracer, 2, at: asker)
    #expect(bad.count == 2)
    #expect(bad.allSatisfy { $0.errors.count == 1 && $0.status?.code == .error })
    await MeshHarness.shutdown([asker, answerer])
  }

  @Test("a node that traces takes what one sends that does not, as the beginning of a trace")
  func oneSided() async throws {
    let there = InMemoryTracer()
    let (sender, receiver) = try await pair(nil, there)
    receiver.handlers.onMessage { _ in }
    try sender.sendOneWay([1], to: receiver.myself.id)
    let handle = try #require(try await spans(there, 1, at: receiver).first)
    #expect(handle.parentSpanID == nil)
    await MeshHarness.shutdown([sender, receiver])
  }

  @Test("a message that is refused leaves a span that says so")
  func refused() async throws {
    let here = InMemoryTracer()
    let (sender, receiver) = try await pair(here, nil)
    var options = SendOptions()
    options.name = String(repeating: "n", count: 256)
    #expect(throws: MessageError.self) { try sender.sendOneWay([1], to: receiver.myself.id, options: options) }
    await #expect(throws: MessageError.self) {
      try await sender.send([1], to: receiver.myself.id, options: options)
    }
    #expect(here.finishedSpans.count == 2)
    #expect(here.finishedSpans.allSatisfy { $0.errors.count == 1 })
    await MeshHarness.shutdown([sender, receiver])
  }
}
