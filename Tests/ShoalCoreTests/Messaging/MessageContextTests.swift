import ShoalCore
import Testing

@Suite("Contexts of messages")
struct MessageContextTests {
  private static func message(_ number: UInt64, _ kind: MessageKind, _ context: MessageContext, bytes: Int) -> Message {
    Message(
      kind, number: number, correlation: CorrelationID(high: 1, low: 2), name: kind == .request ? "a.name" : "",
      context: context, payload: [UInt8](repeating: 7, count: bytes))
  }

  @Test("a context arrives as it was sent, with every kind and length of message")
  func arrives() {
    let world = MessagingWorld(seed: 7, nodes: 2, configuration: MessagingConfiguration())
    let (sender, receiver) = (world.nodes[0], world.nodes[1])
    var context = MessageContext()
    context.set("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", for: "traceparent")
    context.set("größe=3", for: "baggage")
    var longest = MessageContext()
    longest.set(String(repeating: "x", count: MessageContext.byteLimit - 5), for: "k")
    let messages = [MessageContext(), context, longest].flatMap { context in
      [0, 100, 70_000].flatMap { bytes in MessageKind.allCases.map { (context, bytes, $0) } }
    }
    world.act(sender) { messenger, _, _ in
      for (number, (context, bytes, kind)) in messages.enumerated() {
        let message = Self.message(UInt64(number + 1), kind, context, bytes: bytes)
        try? messenger.send(message, to: receiver.id, lane: .messages)
        world.ledger.sent(message, from: sender.id, to: receiver.id, lane: .messages)
      }
    }
    world.run(for: .seconds(5))
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    #expect(world.ledger.receivedCount == messages.count)
  }

  @Test("what would not fit, and what a peer would not take, is left out")
  func bounded() {
    var context = MessageContext()
    context.set("1", for: "first")
    context.set(String(repeating: "x", count: 600), for: "long")
    context.set("a\nb", for: "lines")
    context.set("value", for: "")
    #expect(context.fields == [MessageContext.Field(key: "first", value: "1")])
    context.set("2", for: "first")
    #expect(context["first"] == "2")
    #expect(context["long"] == nil)
    for number in 0..<1_000 { context.set("\(number)", for: "key-\(number)") }
    let bytes = context.fields.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 4 }
    #expect((480...MessageContext.byteLimit).contains(bytes))
  }
}
