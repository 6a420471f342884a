import ShoalCore
import Testing

/// Pulls of metadata, one step at a time, at one engine.
@Suite("Metadata") struct MetadataTests {
  private static let bytes = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

  /// Nobody is probed within the time that these stories take.
  private static var quiet: CoreConfiguration {
    var configuration = CoreConfiguration.lan
    configuration.detection.probeInterval = .seconds(600)
    return configuration
  }

  /// A member with metadata; number 1 is the owner in most stories.
  private static func record(
    _ number: UInt64, incarnation: UInt64 = 1, version: UInt64 = 1, _ bytes: [UInt8]? = bytes
  ) -> Record {
    Record(
      id: NodeID(high: number << 40, low: number), incarnation: incarnation, seniority: number + 1, role: .member,
      versions: .current, salt: number, endpoint: Endpoint(v4: 0x0A00_0100 + UInt32(number), port: 1),
      name: "member-\(number)", tags: [:], supersedes: nil,
      metadata: bytes.map { MetadataStamp(version: version, of: $0) })
  }

  private static func bytes(of frame: FrameHeader, _ rest: ArraySlice<UInt8> = []) -> [UInt8] {
    var bytes: [UInt8] = []
    frame.write(to: &bytes)
    return bytes + rest
  }

  private static func request(_ owner: NodeID, offset: UInt32 = 0, version: UInt64 = 1, mayWait: Bool) -> [UInt8] {
    bytes(of: .metadataRequest(MetadataRequest(owner: owner, version: version, offset: offset, mayWait: mayWait)))
  }

  private static func chunk(_ part: Range<Int>, of all: [UInt8], version: UInt64 = 1) -> [UInt8] {
    let head = MetadataChunk(version: version, length: UInt32(all.count), offset: UInt32(part.lowerBound))
    return bytes(of: .metadataChunk(head), all[part])
  }

  /// A node that has heard of `record` from `teller`.
  private static func node(hearing record: Record, from teller: Record) -> LoneNode {
    var node = LoneNode(name: "me", seed: 1, configuration: quiet)
    node.meet(teller)
    node.clear()
    node.receive(.gossip, carrying: [.alive(record)], from: teller.id)
    node.advance(by: 0)
    return node
  }

  private static let first = 0..<32_768
  private static let second = 32_768..<40_000
  private static let owner = record(1)
  private static let teller = record(2, nil)

  @Test("what the record of a member says is pulled in chunks from whoever told of it, and is at hand when it is whole")
  func pulls() {
    var node = Self.node(hearing: Self.owner, from: Self.teller)
    let (pending, version) = (
      node.engine.metadata(of: Self.owner.id), node.engine.member(Self.owner.id)?.metadataVersion
    )
    #expect(pending == nil)
    #expect(version == 1)
    let dialled = node.dialled
    #expect(dialled.map(\.peer) == [Self.teller.id])
    node.connect(dialled[0].id, to: Self.teller.id)
    node.deliver(Self.chunk(Self.first, of: Self.bytes), on: dialled[0].id)
    node.deliver(Self.chunk(Self.second, of: Self.bytes), on: dialled[0].id)
    let asked = node.frames
    #expect(
      asked == [
        Self.request(Self.owner.id, mayWait: true), Self.request(Self.owner.id, offset: 32_768, mayWait: true),
      ])
    let held = node.engine.metadata(of: Self.owner.id)
    #expect(held == Self.bytes)
    let told = node.events.last
    #expect(told == .metadataChanged(node.engine.member(Self.owner.id)!))
    let counters = node.engine.counters
    #expect(counters.metadataPulled == 1 && counters.metadataPullsFailed == 0)
  }

  @Test("bytes that are not those of the record are dropped and counted, and the owner is asked at once")
  func corruptHolder() {
    var node = Self.node(hearing: Self.owner, from: Self.teller)
    let stream = node.dialled[0].id
    node.connect(stream, to: Self.teller.id)
    var wrong = Self.bytes
    wrong[39_999] ^= 1
    node.deliver(Self.chunk(Self.first, of: wrong), on: stream)
    node.deliver(Self.chunk(Self.second, of: wrong), on: stream)
    let (held, corrupt) = (node.engine.metadata(of: Self.owner.id), node.engine.counters.metadataCorrupt)
    #expect(held == nil)
    #expect(corrupt == 1)
    node.advance(by: 0)
    let dialled = node.dialled
    #expect(dialled.map(\.peer) == [Self.teller.id, Self.owner.id])
    // An owner that contradicts its own record is asked again, but not at once.
    node.connect(dialled[1].id, to: Self.owner.id)
    node.deliver(Self.chunk(Self.first, of: wrong), on: dialled[1].id)
    node.deliver(Self.chunk(Self.second, of: wrong), on: dialled[1].id)
    node.advance(by: 0)
    let before = node.dialled.count
    node.advance(by: .seconds(2))
    let after = node.dialled.map(\.peer)
    #expect(before == 2)
    #expect(after.count == 3 && after.last == Self.owner.id)
  }

  @Test(
    "a chunk of another version, at another place, of nothing, or beyond the end breaks the stream, and is pulled anew")
  func wrongChunks() {
    let chunks = [
      Self.chunk(Self.first, of: Self.bytes, version: 2), Self.chunk(1..<9, of: Self.bytes),
      Self.chunk(0..<0, of: Self.bytes),
      Self.chunk(0..<8, of: Array(Self.bytes[..<100])), Self.chunk(0..<40_000, of: Self.bytes) + [0],
    ]
    for chunk in chunks {
      var node = Self.node(hearing: Self.owner, from: Self.teller)
      let stream = node.dialled[0].id
      node.connect(stream, to: Self.teller.id)
      node.deliver(chunk, on: stream)
      let counters = node.engine.counters
      #expect(counters.rejectedMalformedFrame == 1 && counters.metadataPullsFailed == 1)
      node.advance(by: .milliseconds(200))
      let (dialled, held) = (node.dialled.count, node.engine.metadata(of: Self.owner.id))
      #expect(dialled == 2)
      #expect(held == nil)
    }
  }

  @Test("a newer version ends the pull of the older one, whose chunks are dropped")
  func newerVersion() {
    var node = Self.node(hearing: Self.owner, from: Self.teller)
    let stale = node.dialled[0].id
    node.connect(stale, to: Self.teller.id)
    node.deliver(Self.chunk(Self.first, of: Self.bytes), on: stale)
    let newer = Self.record(1, incarnation: 2, version: 2, [1, 2, 3])
    node.receive(.gossip, carrying: [.alive(newer)], from: Self.teller.id)
    node.advance(by: 0)
    node.deliver(Self.chunk(Self.second, of: Self.bytes), on: stale)
    let dialled = node.dialled
    #expect(dialled.count == 2)
    node.connect(dialled[1].id, to: Self.teller.id)
    node.deliver(Self.chunk(0..<3, of: [1, 2, 3], version: 2), on: dialled[1].id)
    let held = node.engine.metadata(of: Self.owner.id)
    #expect(held == [1, 2, 3])
    let told = node.events.count { if case .metadataChanged = $0 { true } else { false } }
    #expect(told == 1)
  }

  @Test(
    "whoever asks for what is on its way here gets it when it has come; whoever does not wish to wait asks elsewhere")
  func waits() {
    var node = Self.node(hearing: Self.owner, from: Self.teller)
    let stream = node.dialled[0].id
    node.connect(stream, to: Self.teller.id)
    node.clear()
    let patient = node.openStream(from: WireSamples.bob)
    node.deliver(Self.request(Self.owner.id, mayWait: true), on: patient)
    let atFirst = node.frames.count
    #expect(atFirst == 0)
    let hasty = node.openStream(from: WireSamples.carol)
    node.deliver(Self.request(Self.owner.id, mayWait: false), on: hasty)
    let refused = node.frames
    #expect(refused == [[14]])
    node.clear()
    node.deliver(Self.chunk(Self.first, of: Self.bytes), on: stream)
    node.deliver(Self.chunk(Self.second, of: Self.bytes), on: stream)
    let sent = node.frames.last
    #expect(sent == Self.chunk(Self.first, of: Self.bytes))
    node.deliver(Self.request(Self.owner.id, offset: 32_768, mayWait: true), on: patient)
    let rest = node.frames.last
    #expect(rest == Self.chunk(Self.second, of: Self.bytes))
  }

  @Test(
    "whoever waits is sent elsewhere when the pull here fails, and so is who asks for what is not held or beyond its end"
  )
  func absent() {
    var node = Self.node(hearing: Self.owner, from: Self.teller)
    let patient = node.openStream(from: WireSamples.bob)
    node.deliver(Self.request(Self.owner.id, mayWait: true), on: patient)
    node.lose(node.dialled[0].id)
    node.perform(.setMetadata([1, 2, 3]))
    let me = node.engine.myself.id
    let requests = [
      Self.request(Self.owner.id, mayWait: false), Self.request(WireSamples.carol, mayWait: true),
      Self.request(me, version: 2, mayWait: true), Self.request(me, offset: 3, mayWait: true),
      Self.request(me, offset: .max, mayWait: true),
    ]
    for request in requests { node.receiveFrame(request, from: WireSamples.bob) }
    let sent = node.frames
    #expect(sent == Array(repeating: [14], count: 1 + requests.count))
    node.receiveFrame(Self.request(me, offset: 1, mayWait: true), from: WireSamples.bob)
    let last = node.frames.last
    #expect(last == Self.chunk(1..<3, of: [1, 2, 3]))
  }

  @Test("at most eight pulls are under way at once; the others have their turn when one ends")
  func eight() {
    var node = LoneNode(name: "me", seed: 1)
    for number in 1...20 { node.meet(Self.record(UInt64(number), [UInt8(number)])) }
    node.advance(by: 0)
    let atFirst = node.dialled
    #expect(atFirst.count == 8)
    for (id, peer) in atFirst {
      node.connect(id, to: peer)
      node.deliver(Self.chunk(0..<1, of: [UInt8(peer.low)]), on: id)
    }
    node.advance(by: 0)
    let active = node.engine.footprint.activeMetadataPulls
    let (dialled, wanted) = (node.dialled.count, node.engine.footprint.metadataPulls)
    #expect(active == 8)
    #expect(dialled == 16 && wanted == 12)
  }

  @Test("a try that fails is followed by others, less and less often, with the owner every fifth time")
  func retries() {
    var node = Self.node(hearing: Self.owner, from: Self.teller)
    for _ in 0..<10 {
      let latest = node.dialled[node.dialled.count - 1].id
      node.lose(latest)
      // The longest wait is 4.8 s, and a try takes up to 5 s.
      node.advance(by: .milliseconds(4_900))
    }
    let peers = node.dialled.map(\.peer)
    #expect(peers.count == 11)
    #expect(peers.indices.filter { peers[$0] == Self.owner.id } == [5, 10])
    let waited = node.engine.counters.metadataPullsFailed
    #expect(waited == 10)
  }

  @Test("a member that is declared dead is not pulled from or for, and keeps what was held; one that left loses it")
  func gone() {
    var node = Self.node(hearing: Self.record(1, [1]), from: Self.teller)
    let stream = node.dialled[0].id
    let claim = Update.Claim(id: Self.owner.id, incarnation: 1)
    node.receive(
      .gossip, carrying: [.dead(claim, Evidence(accuser: Self.teller.id, paths: .direct))], from: Self.teller.id)
    node.advance(by: .seconds(5))
    let (dialled, wanted) = (node.dialled.count, node.engine.footprint.metadataPulls)
    #expect(dialled == 1 && wanted == 0)
    node.connect(stream, to: Self.teller.id)
    node.receive(.gossip, carrying: [.alive(Self.record(1, incarnation: 2, [1]))], from: Self.teller.id)
    node.advance(by: 0)
    let again = node.dialled[1].id
    node.connect(again, to: Self.teller.id)
    node.deliver(Self.chunk(0..<1, of: [1]), on: again)
    let held = node.engine.metadata(of: Self.owner.id)
    #expect(held == [1])
    node.receive(
      .gossip, carrying: [.left(Update.Claim(id: Self.owner.id, incarnation: 2), .left)], from: Self.teller.id)
    let (after, bytes) = (node.engine.metadata(of: Self.owner.id), node.engine.metadataByteCount)
    #expect(after == nil)
    #expect(bytes == 0)
  }

  @Test("metadata above its limit is refused with its length and the rule, and changes nothing")
  func tooLong() {
    let longest = [UInt8](repeating: 1, count: 65_536)
    var node = LoneNode(name: "me", seed: 1)
    node.perform(.setMetadata(longest))
    node.perform(.setMetadata(longest + [1]))
    let (held, version, refused) = (
      node.engine.metadata(of: node.engine.myself.id), node.engine.myself.metadataVersion,
      node.engine.counters.rejectedOverLimit
    )
    #expect(held == longest)
    #expect(version == 1 && refused == 1)
    #expect(
      throws: ConfigurationError(field: "metadata", value: "65537 bytes", rule: "at most 65536 bytes")
    ) { try MetadataLimits.validate(longest + [1]) }
    // A later version may allow more: its record is taken, its metadata is not pulled.
    var other = Self.node(hearing: Self.record(1, longest + [1]), from: Self.teller)
    other.advance(by: .seconds(1))
    let (dialled, counted, isKnown) = (
      other.dialled.count, other.engine.counters.metadataTooLong, other.engine.member(Self.owner.id) != nil
    )
    #expect(dialled == 0 && counted == 1 && isKnown)
  }

  @Test("the version rises with each change, and the same bytes again are no news")
  func versions() {
    var node = LoneNode(name: "me", seed: 1)
    node.clear()
    for bytes: [UInt8] in [[], [1], [1], [2], [], []] { node.perform(.setMetadata(bytes)) }
    let versions = node.events.compactMap { event -> UInt64? in
      if case .metadataChanged(let member) = event { member.metadataVersion } else { nil }
    }
    #expect(versions == [1, 2, 3])
    let held = node.engine.metadata(of: node.engine.myself.id)
    #expect(held == [])
  }

  @Test("the longest chunk fits a frame")
  func chunkFits() {
    #expect(MetadataLimits.chunkBytes + 64 <= StreamLimits.frameBytes)
  }
}
