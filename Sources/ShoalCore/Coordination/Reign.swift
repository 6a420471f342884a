/// One member's time as coordinator, from its claim on. Of two reigns the one with the higher epoch is the later.
public struct Reign: Sendable, Hashable {
  /// Rises strictly from reign to reign, as any one node sees them: above every epoch that the claimant knew, and at least the milliseconds
  /// since 1970 at its claim.
  public let epoch: UInt64
  public let coordinator: NodeID
  /// The coordinator's name.
  public let name: String
  /// Why it began.
  public let reason: ReignReason

  package init(epoch: UInt64, coordinator: NodeID, name: String, reason: ReignReason) {
    self.epoch = epoch
    self.coordinator = coordinator
    self.name = name
    self.reason = reason
  }
}

/// Why one reign ended and the next began.
public enum ReignReason: UInt8, Sendable, Hashable, BitwiseCopyable, CaseIterable {
  /// There was none before.
  case first = 0
  /// The coordinator said goodbye, or was replaced by a newer process of its name.
  case left = 1
  /// It was declared dead.
  case died = 2
  /// The view names another member.
  case superseded = 3
  /// It heard nobody, or was held dead by the others.
  case isolated = 4
  /// Two reigns met after a split.
  case merged = 5
  /// Too few seats have renewed its lease.
  case leaseLost = 6
  /// An operator drained it.
  case drained = 7
  /// An operator had it abdicate.
  case abdicated = 8
  /// An operator forced a new reign.
  case forced = 9
  /// What ended the reign before was not seen by who claimed, or is a reason of a later version.
  case other = 255

  package init?(name: String) {
    guard let reason = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = reason
  }

  /// As API, CLI and logs show it.
  public var name: String {
    switch self {
    case .first: "first"
    case .left: "left"
    case .died: "died"
    case .superseded: "superseded"
    case .isolated: "isolated"
    case .merged: "merged"
    case .leaseLost: "leaseLost"
    case .drained: "drained"
    case .abdicated: "abdicated"
    case .forced: "forced"
    case .other: "other"
    }
  }
}

/// What a member's record says while it claims to coordinate.
///
/// | bytes | field |
/// |---|---|
/// | varint | epoch, at least 1 |
/// | 1 | `ReignReason`; one that is unknown here is read as `other` |
/// | 1, if any | whether seats follow: 1 where they are not configured |
/// | 13 + 8 each | the seats, a `SeatList` |
///
/// Bytes behind these are fields of later versions and are skipped.
package struct ReignClaim: Hashable, Sendable {
  package let epoch: UInt64
  package let reason: ReignReason
  /// The seats of which a majority has granted it, where the first names that were admitted have them.
  let seats: SeatList?

  package init(epoch: UInt64, reason: ReignReason, seats: SeatList? = nil) {
    self.epoch = epoch
    self.reason = reason
    self.seats = seats
  }

  init(from reader: inout ByteReader) throws(WireError) {
    epoch = try reader.readVarint()
    guard epoch >= 1 else { throw .malformed }
    reason = ReignReason(rawValue: try reader.readUInt8()) ?? .other
    let hasSeats = reader.remaining > 0 ? try reader.readUInt8() == 1 : false
    seats = hasSeats ? try SeatList(from: &reader) : nil
  }

  func write(to bytes: inout [UInt8]) {
    bytes.writeVarint(epoch)
    bytes.write(reason.rawValue)
    guard let seats else { return }
    bytes.write(UInt8(1))
    seats.write(to: &bytes)
  }
}
