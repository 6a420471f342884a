/// What a claimant asks of a seat: grant me this epoch, or for longer.
///
/// | bytes | field |
/// |---|---|
/// | 8 | epoch, at least 1 |
/// | 1 | flags: 1 the list was made for this claim · 2 a majority holds it |
/// | 13 + 8 each | seats, a `SeatList`; with none it only asks which there are |
package struct LeaseRequest: Hashable, Sendable {
  package var epoch: UInt64
  package var isFirst: Bool
  package var isHeld: Bool
  package var seats: SeatList

  private static let firstFlag: UInt8 = 1
  private static let heldFlag: UInt8 = 2

  package init(epoch: UInt64, isFirst: Bool, isHeld: Bool, seats: SeatList) {
    self.epoch = epoch
    self.isFirst = isFirst
    self.isHeld = isHeld
    self.seats = seats
  }

  init(from reader: inout ByteReader) throws(WireError) {
    epoch = try reader.readUInt64()
    guard epoch >= 1 else { throw .malformed }
    let flags = try reader.readUInt8()
    isFirst = flags & Self.firstFlag != 0
    isHeld = flags & Self.heldFlag != 0
    seats = try SeatList(from: &reader)
  }

  package func write(to bytes: inout [UInt8]) {
    bytes.write(epoch)
    bytes.write((isFirst ? Self.firstFlag : 0) | (isHeld ? Self.heldFlag : 0))
    seats.write(to: &bytes)
  }
}

/// What a seat answers.
///
/// | bytes | field |
/// |---|---|
/// | 1 | `LeaseVerdict` |
/// | 8 | the highest epoch that the seat knows of |
/// | 13 + 8 each | only where the verdict is `otherSeats`: the seats that it knows, none where it knows of none |
///
/// Bytes behind these are of later versions and are skipped, as in a request.
struct LeaseAnswer: Hashable, Sendable {
  var verdict: LeaseVerdict
  var epoch: UInt64
  var seats: SeatList?

  init(_ verdict: LeaseVerdict, epoch: UInt64, seats: SeatList? = nil) {
    self.verdict = verdict
    self.epoch = epoch
    self.seats = verdict == .otherSeats ? seats ?? SeatList(names: []) : nil
  }

  init(from reader: inout ByteReader) throws(WireError) {
    verdict = LeaseVerdict(rawValue: try reader.readUInt8()) ?? .abstains
    epoch = try reader.readUInt64()
    seats = verdict == .otherSeats ? try SeatList(from: &reader) : nil
  }

  func write(to bytes: inout [UInt8]) {
    bytes.write(verdict.rawValue)
    bytes.write(epoch)
    seats?.write(to: &bytes)
  }
}

/// A seat's word on a request.
enum LeaseVerdict: UInt8, Sendable, CaseIterable {
  /// Promised until one lease and the drift bound have passed.
  case granted = 0
  /// It has just started, or is cut off itself.
  case abstains = 1
  /// Somebody else has its promise.
  case promised = 2
  /// It has granted or followed as high an epoch before.
  case epochIsOver = 3
  /// It knows later seats.
  case otherSeats = 4
  /// It has none of these seats.
  case notSeated = 5
}
