import ShoalCore
import Tracing

/// Spans around messages, and what crosses the wire so that those of both sides belong together.
///
/// ```
/// sender:    send NAME, publish TOPIC, broadcast NAME (producer)     request NAME (client)
///                 │       context in the head of the message              │
/// receiver:       └─ handle NAME, or TOPIC (consumer)                     └─ answer NAME (server)
/// ```
/// The handler's own spans, and the messages that it sends, go below. Where nobody traces, all this costs a look at one lock.
struct MessageTracing: Sendable {
  /// What was given to this node; nil leaves it to the process.
  let tracer: (any Tracer)?

  /// Who traces here; nil when nobody does.
  private var instrument: (any Instrument)? {
    if let tracer { return tracer }
    let instrument = InstrumentationSystem.instrument
    return instrument is NoOpInstrument ? nil : instrument
  }

  // MARK: Sending

  /// Begins the span of a message that is about to be accepted, and lets the message tell of it. End the span; nil when nobody traces.
  func begin(_ draft: inout MessageGate.Draft, from sender: NodeID, by gate: MessageGate) -> (any Span)? {
    guard let instrument else { return nil }
    let number = draft.number ?? gate.drawNumber()
    let correlation = draft.correlation ?? gate.drawCorrelation()
    draft.number = number
    draft.correlation = correlation
    let span = (tracer ?? InstrumentationSystem.tracer).startAnySpan(
      Self.title(of: draft), ofKind: draft.kind == .request ? .client : .producer)
    Self.describe(span, MessageID(sender: sender, number: number), correlation, bytes: draft.payload.count)
    instrument.inject(span.context, into: &draft.context, using: ContextCarrier())
    return span
  }

  /// Notes in a span why it failed.
  static func fail(_ span: any Span, _ error: any Error) {
    span.recordError(error)
    span.setStatus(SpanStatus(code: .error, message: "\(error)"))
  }

  // MARK: Receiving

  /// Runs a handler in the span of what it handles.
  ///
  /// - Parameters:
  ///   - topic: of what was published; nil for messages to this node alone.
  ///   - carried: what has come with the message.
  func handling<Result: Sendable>(
    _ message: ReceivedMessage, of topic: Topic? = nil, under carried: MessageContext,
    _ body: () async throws -> Result
  ) async throws -> Result {
    guard let instrument else { return try await body() }
    var context = ServiceContext.topLevel
    instrument.extract(carried, into: &context, using: ContextCarrier())
    let isRequest = message.timeout != nil
    let name = topic.map { $0 == .everybody ? message.name : $0.name } ?? message.name
    let span = (tracer ?? InstrumentationSystem.tracer).startAnySpan(
      Self.title(isRequest ? "answer" : "handle", name), context: context, ofKind: isRequest ? .server : .consumer)
    defer { span.end() }
    Self.describe(span, message.id, message.correlation, bytes: message.bytes.count)
    do {
      return try await ServiceContext.$current.withValue(span.context) { try await body() }
    } catch {
      Self.fail(span, error)
      throw error
    }
  }

  // MARK: Helpers

  private static func title(of draft: MessageGate.Draft) -> String {
    guard let topic = draft.topic else { return title(draft.kind == .request ? "request" : "send", draft.name) }
    return topic == .everybody ? title("broadcast", draft.name) : title("publish", topic.name)
  }

  private static func title(_ operation: String, _ name: String) -> String {
    name.isEmpty ? operation : "\(operation) \(name)"
  }

  /// The keys are those of OpenTelemetry's conventions, where there is one.
  private static func describe(
    _ span: any Span, _ id: MessageID, _ correlation: CorrelationID, bytes: Int
  ) {
    span.updateAttributes { attributes in
      attributes["messaging.system"] = "shoal"
      attributes["messaging.message.id"] = id.description
      attributes["messaging.message.conversation_id"] = correlation.description
      attributes["messaging.message.body.size"] = bytes
    }
  }
}

/// Writes what a tracer hands on into a message, and reads it there.
private struct ContextCarrier: Injector, Extractor {
  func inject(_ value: String, forKey key: String, into carrier: inout MessageContext) { carrier.set(value, for: key) }

  func extract(key: String, from carrier: MessageContext) -> String? { carrier[key] }
}
