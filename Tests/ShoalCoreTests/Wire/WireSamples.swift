import ShoalCore

/// One of each message, for golden bytes, round trips and as seeds of mutation.
enum WireSamples {
  static let alice = NodeID(high: 0xA1A1_A1A1_A1A1_A1A1, low: 0xA2A2_A2A2_A2A2_A2A2)
  static let bob = NodeID(high: 0xB1B1_B1B1_B1B1_B1B1, low: 0xB2B2_B2B2_B2B2_B2B2)
  static let carol = NodeID(high: 0xC1C1_C1C1_C1C1_C1C1, low: 0xC2C2_C2C2_C2C2_C2C2)

  static let record = Record(
    id: alice, incarnation: 3, seniority: 300, role: .observer, versions: .current, salt: 0x0102_0304_0506_0708,
    endpoint: Endpoint(v4: 0x0A00_0005, port: 7946), name: "alice", tags: ["zone": "a"], supersedes: bob)
  static let recordV6 = Record(
    id: alice, incarnation: 1, seniority: 1, role: .member, versions: .current, salt: 9,
    endpoint: Endpoint("[fe80::1]:7946")!, name: "a6", tags: [:], supersedes: nil)

  /// Alice's record at incarnation 1, with the metadata "shoal" in its version 300.
  static let recordWithMetadata = Record(
    id: alice, incarnation: 1, seniority: 1, role: .member, versions: .current, salt: 9,
    endpoint: Endpoint(v4: 0x0A00_0005, port: 7946), name: "a", tags: [:], supersedes: nil,
    metadata: MetadataStamp(version: 300, of: Array("shoal".utf8)))

  static var evidence: Evidence {
    var evidence = Evidence(accuser: bob, paths: [.direct, .indirect])
    evidence.add(witness: carol)
    return evidence
  }

  static let claim = Update.Claim(id: alice, incarnation: 200)

  static let updates: [Update] = [
    .alive(record), .alive(recordV6), .suspect(claim, evidence), .dead(claim, evidence), .left(claim, .evicted),
  ]

  static let frames: [FrameHeader] = [
    .hello(.current), .admitted(version: 1), .refused(.nameTaken), .pageRequest(cursor: 77), .page(next: 78),
    .repair, .updates, .done,
    .digest(digest.compact(salt: 7)), .buckets(buckets), .redirect,
    .metadataRequest(MetadataRequest(owner: alice, version: 0x0102, offset: 0x8000, mayWait: true)),
    .metadataChunk(MetadataChunk(version: 0x0102, length: 0x1_0000, offset: 0x8000)), .metadataAbsent,
    .client(.current),
  ]

  /// A view of Alice alone.
  static var digest: Digest {
    var digest = Digest()
    digest.insert(record)
    return digest
  }

  static var digestWord: [UInt8] {
    var bytes: [UInt8] = []
    digest.compact(salt: 7).write(to: &bytes)
    return Array(bytes[4 + 2 * 0xA1..<4 + 2 * 0xA1 + 2])
  }

  static var buckets: BucketSet {
    var set = BucketSet()
    set.insert(0xA1)
    return set
  }

  static func header(_ type: DatagramType) -> DatagramHeader {
    if type == .treeAck { return DatagramHeader(tree: type, sequence: 0x0A0B_0C0D) }
    if type == .tree {
      let range = RingRange(from: 0x1000_0000, to: 0x2000_0000)
      return DatagramHeader(tree: type, sequence: 0x0A0B_0C0D, range: range, members: 300)
    }
    if [.coordinationQuery, .coordinationAnswer, .coordinationElection].contains(type) {
      return DatagramHeader(
        coordination: type, sequence: 0x0A0B_0C0D, fingerprint: 0x1122_3344_5566_7788, epoch: 300)
    }
    if [.leaseRequest, .leaseAnswer, .leaseRelease].contains(type) {
      return DatagramHeader(bare: type, sequence: 0x0A0B_0C0D)
    }
    return DatagramHeader(
      type: type, sequence: 0x0A0B_0C0D, age: 7, fingerprint: 0x1122_3344_5566_7788,
      coordinationFingerprint: 0x99AA_BBCC, target: type == .pingRequest ? carol : .unknown)
  }

  static func bytes(of update: Update) -> [UInt8] {
    var bytes: [UInt8] = []
    update.write(to: &bytes)
    return bytes
  }

  static func bytes(of frame: FrameHeader, carrying updates: [Update] = []) -> [UInt8] {
    var bytes: [UInt8] = []
    frame.write(to: &bytes)
    for update in updates { bytes.writeField(FieldTag.update) { update.write(to: &$0) } }
    return bytes
  }

  static func datagram(_ type: DatagramType, carrying updates: [Update] = []) -> [UInt8] {
    var bytes: [UInt8] = []
    header(type).write(to: &bytes)
    if type == .digest { digest.compact(salt: 7).write(to: &bytes) }
    if type == .entries { EntriesHead.buckets(buckets).write(to: &bytes) }
    for update in updates { bytes.writeField(FieldTag.update) { update.write(to: &$0) } }
    return bytes
  }

  static let outlines = Outlines(salt: 9, of: [4, 3])

  /// Entries with the given head, and some updates.
  static func entries(_ head: EntriesHead) -> [UInt8] {
    var bytes: [UInt8] = []
    header(.entries).write(to: &bytes)
    head.write(to: &bytes)
    for update in updates { bytes.writeField(FieldTag.update) { update.write(to: &$0) } }
    return bytes
  }

  /// News of a tree that holds a change of Alice's record, and a member to ask instead.
  static var treeWithChange: [UInt8] {
    var bytes = datagram(.tree)
    bytes.writeField(FieldTag.change) {
      RecordChange.write(from: record, to: record.with(incarnation: 5, tags: ["zone": "b"]), into: &$0)
    }
    bytes.writeField(FieldTag.target) {
      $0.write(carol)
      record.endpoint.write(to: &$0)
    }
    return bytes
  }

  static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
