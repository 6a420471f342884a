import ShoalCore
import Testing

@Suite("Record change")
struct RecordChangeTests {
  private static func change(_ older: Record, _ newer: Record) -> [UInt8] {
    var bytes: [UInt8] = []
    RecordChange.write(from: older, to: newer, into: &bytes)
    return bytes
  }

  private static let newer = WireSamples.record.with(incarnation: 5, tags: ["zone": "b"])

  @Test("a change keeps its bytes: whose, which version, how much older the other, how much of it stays, and the rest")
  func golden() {
    let bytes = Self.change(WireSamples.record, Self.newer)
    let head = "a1a1a1a1a1a1a1a1a2a2a2a2a2a2a2a2" + "05" + "02"
    let tail = "62" + "0210b1b1b1b1b1b1b1b1b2b2b2b2b2b2b2b2"
    #expect(WireSamples.hexadecimal(bytes).hasPrefix(head))
    #expect(WireSamples.hexadecimal(bytes).hasSuffix(tail))
    #expect(bytes.count == 18 + 1 + 19)
    #expect(Int(bytes[18]) == WireSamples.record.body.count - 19)
  }

  @Test("a change of the version that is held gives the newer record byte by byte")
  func applies() throws {
    let bytes = Self.change(WireSamples.record, Self.newer)
    let change = try RecordChange(from: bytes.rawSpan)
    let body = change.body(from: WireSamples.record)
    #expect(body == [UInt8](Self.newer.body))
  }

  @Test("a change gives nothing to whoever holds another version, or another member")
  func needsItsBase() throws {
    let bytes = Self.change(WireSamples.record, Self.newer)
    let change = try RecordChange(from: bytes.rawSpan)
    let ofOther = change.body(from: WireSamples.record.with(incarnation: 4))
    #expect(ofOther == nil)
    let bob = Record(
      id: WireSamples.bob, incarnation: 3, seniority: 300, role: .observer, versions: .current, salt: 1,
      endpoint: WireSamples.record.endpoint, name: "bob", tags: [:], supersedes: nil)
    let ofBob = change.body(from: bob)
    #expect(ofBob == nil)
  }

  @Test("a change that keeps more than there is, or is no newer than its base, is refused")
  func malformed() throws {
    var bytes: [UInt8] = []
    bytes.write(WireSamples.alice)
    bytes.writeVarint(5)
    bytes.writeVarint(2)
    bytes.writeVarint(.max)
    let change = try RecordChange(from: bytes.rawSpan)
    let body = change.body(from: WireSamples.record)
    #expect(body == nil)
    for distance in [0, 6] as [UInt64] {
      var bytes: [UInt8] = []
      bytes.write(WireSamples.alice)
      bytes.writeVarint(5)
      bytes.writeVarint(distance)
      bytes.writeVarint(0)
      let isRefused = Self.isRefused(bytes)
      #expect(isRefused)
    }
  }

  private static func isRefused(_ bytes: [UInt8]) -> Bool {
    do throws(WireError) {
      let change = try RecordChange(from: bytes.rawSpan)
      return change.claim.incarnation == 0
    } catch { return error == .malformed }
  }

  @Test("a node that is told a change of a record it holds takes it in")
  func received() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(WireSamples.record)
    var bytes = WireSamples.datagram(.tree)
    bytes.writeField(FieldTag.change) { $0.append(contentsOf: Self.change(WireSamples.record, Self.newer)) }
    node.receive(bytes, from: WireSamples.alice)
    let known = node.engine.member(WireSamples.alice)
    #expect(known?.tags == ["zone": "b"])
    #expect(known?.incarnation == 5)
  }

  @Test("the members that a redirect names keep their bytes, and read back")
  func redirect() throws {
    var bytes: [UInt8] = []
    bytes.writeField(FieldTag.target) {
      $0.write(WireSamples.carol)
      WireSamples.record.endpoint.write(to: &$0)
    }
    #expect(WireSamples.hexadecimal(bytes) == "0217c1c1c1c1c1c1c1c1c2c2c2c2c2c2c2c2040a0000051f0a")
    var reader = ByteReader(bytes.rawSpan)
    let target = try reader.nextTarget()
    #expect(target == RedirectTarget(id: WireSamples.carol, endpoint: WireSamples.record.endpoint))
  }
}
