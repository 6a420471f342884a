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
/// ```
package enum DatagramType: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case ping = 1
  case ack = 2
  case pingRequest = 3
  case nack = 4
  case gossip = 5
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
package struct DatagramHeader: Equatable, Sendable, BitwiseCopyable {
  package static let byteCount = 18

  package var type: DatagramType
  package var sequence: UInt32
  package var age: UInt8
  package var fingerprint: UInt64
  package var coordinationFingerprint: UInt32
  /// Only in a `pingRequest`; `.unknown` elsewhere.
  package var target: NodeID

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

  package init(from reader: inout ByteReader) throws(WireError) {
    guard let type = DatagramType(rawValue: try reader.readUInt8()) else { throw .unknownType }
    self.type = type
    sequence = try reader.readUInt32()
    age = try reader.readUInt8()
    fingerprint = try reader.readUInt64()
    coordinationFingerprint = try reader.readUInt32()
    target = type == .pingRequest ? try reader.readNodeID() : .unknown
  }

  package func write(to bytes: inout [UInt8]) {
    bytes.write(type.rawValue)
    bytes.write(sequence)
    bytes.write(age)
    bytes.write(fingerprint)
    bytes.write(coordinationFingerprint)
    if type == .pingRequest { bytes.write(target) }
  }
}
