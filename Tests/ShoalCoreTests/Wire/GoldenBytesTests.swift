import ShoalCore
import Testing

@Suite("Golden bytes")
struct GoldenBytesTests {
  private static let alice = "a1a1a1a1a1a1a1a1a2a2a2a2a2a2a2a2"
  private static let bob = "b1b1b1b1b1b1b1b1b2b2b2b2b2b2b2b2"
  private static let carol = "c1c1c1c1c1c1c1c1c2c2c2c2c2c2c2c2"

  @Test(
    "each datagram keeps its bytes",
    arguments: zip(
      [DatagramType.ping, .ack, .pingRequest, .nack, .gossip],
      ["01", "02", "03", "04", "05"].map { $0 + "0a0b0c0d07112233445566778899aabbcc" }))
  func datagrams(type: DatagramType, head: String) {
    let expected = head + (type == .pingRequest ? Self.carol : "")
    #expect(WireSamples.hexadecimal(WireSamples.datagram(type)) == expected)
  }

  @Test("news of a tree and its acknowledgement keep their bytes")
  func treeDatagrams() {
    #expect(WireSamples.hexadecimal(WireSamples.datagram(.tree)) == "060a0b0c0d1000000020000000ac02")
    #expect(WireSamples.hexadecimal(WireSamples.datagram(.treeAck)) == "070a0b0c0d")
  }

  @Test("every datagram's head reads back as it was written", arguments: DatagramType.allCases)
  func datagramRoundTrip(type: DatagramType) throws {
    let bytes = WireSamples.datagram(type)
    var reader = ByteReader(bytes.rawSpan)
    let read = try DatagramHeader(from: &reader)
    #expect(read == WireSamples.header(type))
  }

  @Test("a request for a lease keeps its bytes")
  func leaseRequest() {
    var bytes: [UInt8] = []
    DatagramHeader(bare: .leaseRequest, sequence: 0x0A0B_0C0D).write(to: &bytes)
    LeaseRequest(epoch: 300, isFirst: true, isHeld: false, seats: SeatList(change: 2, epoch: 299, names: [7, 5]))
      .write(to: &bytes)
    #expect(
      WireSamples.hexadecimal(bytes)
        == "0c0a0b0c0d" + "000000000000012c" + "01" + "00000002" + "000000000000012b" + "02"
        + "0000000000000005" + "0000000000000007")
  }

  /// Everybody's buckets but Alice's are empty. Hers is number 0xa1.
  private static let digestOfAlice =
    "00000007" + (0..<256).map { $0 == 0xA1 ? WireSamples.hexadecimal(WireSamples.digestWord) : "0dd7" }.joined()
  private static let bucketsOfAlice = String(repeating: "0", count: 40) + "40" + String(repeating: "0", count: 22)

  @Test("a digest and the heads of entries keep their bytes")
  func comparison() {
    func hexadecimal(_ head: EntriesHead) -> String {
      var bytes: [UInt8] = []
      head.write(to: &bytes)
      return WireSamples.hexadecimal(bytes)
    }
    #expect(WireSamples.hexadecimal(WireSamples.digestWord) == "4044")
    #expect(hexadecimal(.rest) == "00")
    #expect(hexadecimal(.buckets(WireSamples.buckets)) == "01" + Self.bucketsOfAlice)
    #expect(hexadecimal(.byStream) == "02")
    let outlines = "00000009" + "02" + "00000003" + "00000004"
    #expect(hexadecimal(.outlines(WireSamples.buckets, WireSamples.outlines)) == "03" + Self.bucketsOfAlice + outlines)
    #expect(hexadecimal(.wanted(WireSamples.buckets, WireSamples.outlines)) == "04" + Self.bucketsOfAlice + outlines)
  }

  @Test("an idle ping and ack stay within their budgets on the wire: 98 and 92 bytes")
  func budgets() {
    let overhead = DatagramLimits.sealingOverhead + DatagramLimits.headerBytes
    #expect(WireSamples.datagram(.ping).count + overhead <= 98)
    #expect(WireSamples.datagram(.ack).count + overhead <= 92)
  }

  @Test("each update keeps its bytes")
  func updates() {
    let evidence = Self.bob + "03" + "01" + Self.carol
    let expected = [
      "00\(Self.alice)03" + "ac02" + "01" + "0101" + "0102030405060708" + "040a0000051f0a" + "05616c696365"
        + "0107047a6f6e650161" + "0210\(Self.bob)",
      "00\(Self.alice)01" + "01" + "00" + "0101" + "0000000000000009"
        + "06fe800000000000000000000000000001" + "1f0a" + "026136",
      "01\(Self.alice)c801" + evidence,
      "02\(Self.alice)c801" + evidence,
      "03\(Self.alice)c801" + "01",
    ]
    #expect(WireSamples.updates.map { WireSamples.hexadecimal(WireSamples.bytes(of: $0)) } == expected)
  }

  @Test("the field of a record that speaks of its metadata keeps its bytes, and reads back")
  func metadataStamp() throws {
    let bytes = WireSamples.bytes(of: .alive(WireSamples.recordWithMetadata))
    let expected =
      "00\(Self.alice)01" + "01" + "00" + "0101" + "0000000000000009" + "040a0000051f0a" + "0161"
      + "030b" + "ac02" + "05" + "a49465ffbdfc6de5"
    #expect(WireSamples.hexadecimal(bytes) == expected)
    guard case .alive(let read) = try Update(from: bytes.rawSpan) else {
      Issue.record("it is another update")
      return
    }
    #expect(read == WireSamples.recordWithMetadata)
    #expect(read.metadata == MetadataStamp(version: 300, of: Array("shoal".utf8)))
  }

  @Test("the field of a record that claims a reign keeps its bytes, and reads back, whatever its reason")
  func reignClaim() throws {
    let record = WireSamples.recordV6.with(reign: .some(ReignClaim(epoch: 300, reason: .merged)))
    var bytes = WireSamples.bytes(of: .alive(record))
    #expect(WireSamples.hexadecimal(bytes).hasSuffix("0403" + "ac02" + "05"))
    guard case .alive(let read) = try Update(from: bytes.rawSpan) else {
      Issue.record("it is another update")
      return
    }
    #expect(read.reign == ReignClaim(epoch: 300, reason: .merged))
    #expect(read.with(reign: .some(nil)) == WireSamples.recordV6)
    bytes[bytes.count - 1] = 77
    guard case .alive(let later) = try Update(from: bytes.rawSpan) else {
      Issue.record("it is another update")
      return
    }
    #expect(later.reign == ReignClaim(epoch: 300, reason: .other))
  }

  @Test("a question about coordination, its answer and a request for a new reign keep their bytes")
  func coordination() {
    let rest = "0a0b0c0d" + "1122334455667788" + "000000000000012c"
    #expect(WireSamples.hexadecimal(WireSamples.datagram(.coordinationQuery)) == "0a" + rest)
    #expect(WireSamples.hexadecimal(WireSamples.datagram(.coordinationAnswer)) == "0b" + rest)
    #expect(WireSamples.hexadecimal(WireSamples.datagram(.coordinationElection)) == "0f" + rest)
  }

  @Test("the field of a record that holds flags keeps its bytes, reads back, and may be longer in later versions")
  func flags() throws {
    let record = WireSamples.recordV6.with(flags: [.notEligible, .draining])
    var bytes = WireSamples.bytes(of: .alive(record))
    #expect(WireSamples.hexadecimal(bytes).hasSuffix("0501" + "03"))
    #expect(record.with(flags: []) == WireSamples.recordV6)
    bytes[bytes.count - 2] = 2
    bytes.append(0xFF)
    guard case .alive(let later) = try Update(from: bytes.rawSpan) else {
      Issue.record("it is another update")
      return
    }
    #expect(later.flags == [.notEligible, .draining])
  }

  @Test("each frame keeps its bytes")
  func frames() {
    let expected = [
      "010101", "0201", "0301", "040000004d", "050000004e", "06", "07", "08",
      "09" + Self.digestOfAlice, "0a" + Self.bucketsOfAlice, "0b",
      "0c\(Self.alice)" + "0000000000000102" + "00008000" + "01", "0d0000000000000102" + "00010000" + "00008000", "0e",
      "100101",
    ]
    #expect(WireSamples.frames.map { WireSamples.hexadecimal(WireSamples.bytes(of: $0)) } == expected)
  }

  @Test("every update reads back as it was written", arguments: WireSamples.updates)
  func updateRoundTrip(update: Update) throws {
    let bytes = WireSamples.bytes(of: update)
    #expect(try Update(from: bytes.rawSpan) == update)
  }

  @Test("every frame reads back as it was written", arguments: WireSamples.frames)
  func frameRoundTrip(frame: FrameHeader) throws {
    let bytes = WireSamples.bytes(of: frame)
    var reader = ByteReader(bytes.rawSpan)
    let read = try FrameHeader(from: &reader)
    #expect(read == frame)
  }

  @Test("fields of unknown tags are skipped by their length, and survive in a record that is passed on")
  func unknownFields() throws {
    var bytes = WireSamples.datagram(.gossip)
    bytes.writeField(99) { $0.append(contentsOf: [1, 2, 3]) }
    bytes.writeField(FieldTag.update) { WireSamples.updates[4].write(to: &$0) }
    var reader = ByteReader(bytes.rawSpan)
    _ = try DatagramHeader(from: &reader)
    let update = try reader.nextUpdate()
    #expect(update == WireSamples.updates[4])

    var later = WireSamples.bytes(of: WireSamples.updates[0])
    later.writeField(200) { $0.append(contentsOf: [7, 7]) }
    let relayed = try Update(from: later.rawSpan)
    #expect(WireSamples.bytes(of: relayed) == later)
  }

  @Test(
    "a varint has one encoding",
    arguments: [[0x80, 0x00], [0xFF, 0x80, 0x00], Array(repeating: 0xFF, count: 11)] as [[UInt8]])
  func varintCanonical(bytes: [UInt8]) {
    #expect(throws: WireError.malformed) {
      var reader = ByteReader(bytes.rawSpan)
      _ = try reader.readVarint()
    }
  }

  @Test("extreme numbers survive the varint", arguments: [0, 1, 127, 128, .max - 1, .max] as [UInt64])
  func varintExtremes(value: UInt64) throws {
    var bytes: [UInt8] = []
    bytes.writeVarint(value)
    var reader = ByteReader(bytes.rawSpan)
    let read = try reader.readVarint()
    #expect(read == value)
  }
}
