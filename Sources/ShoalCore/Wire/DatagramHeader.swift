/// The kinds of datagram.
///
/// ```
/// prober ── ping ──────────────────────────▶ target        every probe interval
/// prober ◀───────────────────────── ack ──── target        same sequence number
///
/// prober ── pingRequest ─▶ helper ── ping ─▶ target        when no ack came in time
/// prober ◀───────── ack ── helper ◀── ack ── target        or, when the helper hears nothing either:
/// prober ◀──────── nack ── helper
///
/// any    ── gossip ──────▶ any                             while there is fresh news
///
/// parent ── tree ────────▶ head                            news, and the stretch of the ring to pass it on to
/// parent ◀───── treeAck ── head                            same sequence number
///
/// one    ── digest ──────▶ other                           our views differ; here are 256 buckets of mine
/// one    ◀───── entries ── other                           what I hold where they differ; and back, what you lack
///
/// named  ── coordinationQuery ───▶ any                     my view names me: does yours look the same?
/// named  ◀── coordinationAnswer ── any                     what mine looks like; also unasked: you reign under an old epoch
/// any    ── coordinationElection ▶ named                   an operator wants a new reign, above this epoch
///
/// claimant ── leaseRequest ───▶ seat       with a quorum: grant me this epoch, or for longer
/// claimant ◀── leaseAnswer ──── seat       same sequence number
/// claimant ── leaseRelease ───▶ seat       I need it no longer
/// ```
package enum DatagramType: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case ping = 1
  case ack = 2
  case pingRequest = 3
  case nack = 4
  case gossip = 5
  case tree = 6
  case treeAck = 7
  case digest = 8
  case entries = 9
  case coordinationQuery = 10
  case coordinationAnswer = 11
  case leaseRequest = 12
  case leaseAnswer = 13
  case leaseRelease = 14
  case coordinationElection = 15

  /// Whether it goes without the fingerprints: it travels once for each member and update.
  var isShort: Bool {
    switch self {
    case .tree, .treeAck: true
    case .ping, .ack, .pingRequest, .nack, .gossip, .digest, .entries, .coordinationQuery, .coordinationAnswer,
      .coordinationElection, .leaseRequest, .leaseAnswer, .leaseRelease:
      false
    }
  }

  /// Whether it is about coordination alone.
  var isCoordination: Bool {
    switch self {
    case .coordinationQuery, .coordinationAnswer, .coordinationElection: true
    case .ping, .ack, .pingRequest, .nack, .gossip, .tree, .treeAck, .digest, .entries, .leaseRequest, .leaseAnswer,
      .leaseRelease:
      false
    }
  }

  /// Whether it is about the lease of a coordinator alone.
  var isLease: Bool {
    switch self {
    case .leaseRequest, .leaseAnswer, .leaseRelease: true
    case .ping, .ack, .pingRequest, .nack, .gossip, .tree, .treeAck, .digest, .entries, .coordinationQuery,
      .coordinationAnswer, .coordinationElection:
      false
    }
  }
}

/// What every datagram begins with, once unsealed: 18 bytes.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | type |
/// | 1 | 4 | sequence number of the exchange; 0 in gossip |
/// | 5 | 1 | age: tenths of a second since the sender's view last changed, 255 for longer |
/// | 6 | 8 | fingerprint of the sender's living view |
/// | 14 | 4 | low half of the sender's coordination fingerprint |
///
/// A `pingRequest` goes on with the target's NodeID (16). Then follow fields until the end: tag (1), length (varint), bytes.
/// Fields of unknown tags are skipped by their length.
///
/// A `digest` goes on with a `CompactDigest` (516), `entries` with an `EntriesHead`.
///
/// A `tree` and a `treeAck` have only the first 5 bytes of these. A `tree` goes on with the first position of its stretch (4), the
/// one behind its last (4), equal ones meaning "everybody, in your name", and how many members its sender knows there
/// (varint). A position is the upper half of a NodeID's upper half.
///
/// A `coordinationQuery`, a `coordinationAnswer` and a `coordinationElection` have only the first 5 bytes too, then the sender's whole fingerprint of coordination,
/// policy included (8), and the highest epoch that it knows of (8): an answer is as long as its question.
///
/// So have a `leaseRequest` and a `leaseAnswer`, which go on as the types of these names, and a `leaseRelease`: the epoch (8).
package struct DatagramHeader: Equatable, Sendable, BitwiseCopyable {
  package static let byteCount = 18

  package var type: DatagramType
  package var sequence: UInt32
  package var age: UInt8
  package var fingerprint: UInt64
  package var coordinationFingerprint: UInt32
  /// Only in a `pingRequest`; `.unknown` elsewhere.
  package var target: NodeID
  /// Only in a `tree`.
  package var range = RingRange(from: 0, to: 0)
  /// Only in a `tree`: how many members its sender knows in the stretch, 1 when it is meant for the receiver alone.
  package var members: UInt64 = 0
  /// Only in what is about coordination alone, whose `fingerprint` is that of coordination.
  package var epoch: UInt64 = 0

  package init(
    type: DatagramType, sequence: UInt32, age: UInt8, fingerprint: UInt64, coordinationFingerprint: UInt32,
    target: NodeID = .unknown
  ) {
    self.type = type
    self.sequence = sequence
    self.age = age
    self.fingerprint = fingerprint
    self.coordinationFingerprint = coordinationFingerprint
    self.target = target
  }

  /// The head of a part of a tree, or of its acknowledgement.
  package init(
    tree type: DatagramType, sequence: UInt32, range: RingRange = RingRange(from: 0, to: 0), members: UInt64 = 0
  ) {
    self.init(bare: type, sequence: sequence)
    self.range = range
    self.members = members
  }

  /// What has a sequence number and nothing else in common with others.
  package init(bare type: DatagramType, sequence: UInt32) {
    self.init(type: type, sequence: sequence, age: 0, fingerprint: 0, coordinationFingerprint: 0)
  }

  /// A question about coordination, an answer to one, or a request for a new reign.
  package init(coordination type: DatagramType, sequence: UInt32, fingerprint: UInt64, epoch: UInt64) {
    self.init(type: type, sequence: sequence, age: 0, fingerprint: fingerprint, coordinationFingerprint: 0)
    self.epoch = epoch
  }

  package init(from reader: inout ByteReader) throws(WireError) {
    guard let type = DatagramType(rawValue: try reader.readUInt8()) else { throw .unknownType }
    let sequence = try reader.readUInt32()
    if type.isLease {
      self.init(bare: type, sequence: sequence)
      return
    }
    if type.isShort {
      self.init(tree: type, sequence: sequence)
      guard type == .tree else { return }
      range = RingRange(from: try reader.readUInt32(), to: try reader.readUInt32())
      members = try reader.readVarint()
      return
    }
    if type.isCoordination {
      let fingerprint = try reader.readUInt64()
      self.init(
        coordination: type, sequence: sequence, fingerprint: fingerprint, epoch: try reader.readUInt64())
      return
    }
    let age = try reader.readUInt8()
    let fingerprint = try reader.readUInt64()
    self.init(
      type: type, sequence: sequence, age: age, fingerprint: fingerprint,
      coordinationFingerprint: try reader.readUInt32(),
      target: type == .pingRequest ? try reader.readNodeID() : .unknown)
  }

  package func write(to bytes: inout [UInt8]) {
    bytes.write(type.rawValue)
    bytes.write(sequence)
    if type == .tree {
      bytes.write(range.from)
      bytes.write(range.to)
      bytes.writeVarint(members)
    }
    if type.isShort || type.isLease { return }
    if type.isCoordination {
      bytes.write(fingerprint)
      bytes.write(epoch)
      return
    }
    bytes.write(age)
    bytes.write(fingerprint)
    bytes.write(coordinationFingerprint)
    if type == .pingRequest { bytes.write(target) }
  }
}
