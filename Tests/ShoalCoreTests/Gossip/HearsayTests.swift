import ShoalCore
import Testing

@Suite("Hearsay")
struct HearsayTests {
  private static func record(_ id: NodeID, port: UInt16, name: String) -> Record {
    Record(
      id: id, incarnation: 1, seniority: UInt64(port), role: .member, versions: .current, salt: 5,
      endpoint: Endpoint(v4: 0x0A00_0002, port: port), name: name, tags: [:], supersedes: nil)
  }

  private static let alice = record(WireSamples.alice, port: 2, name: "alice")
  private static let carol = record(WireSamples.carol, port: 3, name: "carol")
  private static let death = Update.dead(
    Update.Claim(id: WireSamples.carol, incarnation: 1), Evidence(accuser: WireSamples.bob, paths: .direct))

  /// A comparison tells that Carol is dead, whom the node holds living.
  private static func told(_ configuration: CoreConfiguration = .lan) -> LoneNode {
    var node = LoneNode(name: "me", seed: 1, configuration: configuration)
    node.meet(alice)
    node.meet(carol)
    node.clear()
    var bytes: [UInt8] = []
    WireSamples.header(.entries).write(to: &bytes)
    EntriesHead.rest.write(to: &bytes)
    bytes.writeField(FieldTag.update) { death.write(to: &$0) }
    node.receive(bytes, from: alice.id)
    return node
  }

  @Test("a death that a comparison tells of is asked about, and the ping tells the accused what it is accused of")
  func asked() {
    let node = Self.told()
    let status = node.engine.member(Self.carol.id)?.status
    #expect(status == .alive)
    var accusation: [UInt8] = []
    accusation.writeField(FieldTag.update) { Self.death.write(to: &$0) }
    let pings = node.transmits.filter { $0.receiver == Self.carol.id }
    #expect(pings.count == 1)
    #expect(pings.first?.bytes.dropFirst(DatagramHeader.byteCount).starts(with: accusation) == true)
  }

  @Test("the accused that says nothing, asked five times, is dead")
  func silent() {
    var node = Self.told()
    node.advance(by: .milliseconds(100 * 5 + 10))
    let status = node.engine.member(Self.carol.id)?.status
    #expect(status == .dead)
    let asked = node.transmits.count { $0.receiver == Self.carol.id && $0.bytes.first == DatagramType.ping.rawValue }
    #expect(asked >= 5)
  }

  @Test("the accused that answers lives, in the version with which it refutes")
  func refuted() {
    var node = Self.told()
    let ping = node.transmits.first { $0.receiver == Self.carol.id }?.bytes ?? []
    var reader = ByteReader(ping.rawSpan)
    guard let header = try? DatagramHeader(from: &reader) else {
      Issue.record("nobody was asked")
      return
    }
    var ack: [UInt8] = []
    DatagramHeader(type: .ack, sequence: header.sequence, age: 0, fingerprint: 0, coordinationFingerprint: 0)
      .write(to: &ack)
    ack.writeField(FieldTag.update) { Update.alive(Self.carol.with(incarnation: 2)).write(to: &$0) }
    node.receive(ack, from: Self.carol.id)
    let carol = node.engine.member(Self.carol.id)
    #expect(carol?.status == .alive)
    #expect(carol?.incarnation == 2)
  }

  @Test("without verification the death is believed at once")
  func believed() {
    var configuration = CoreConfiguration.lan
    configuration.features.remove(.hearsayVerification)
    let node = Self.told(configuration)
    let status = node.engine.member(Self.carol.id)?.status
    #expect(status == .dead)
  }
}
