/// Whether a coordinator needs the consent of most of a fixed number of seats, so that there are never two.
///
/// A seat belongs to a name and survives restarts of its process. A majority is of all seats, whether their holders run or not: the
/// smaller side of a split never has it. `docs/COORDINATION.md` says what holds.
public enum Quorum: Sendable, Hashable {
  /// None: each side of a split may have a coordinator. The default.
  case none
  /// These names vote, 1 to 31 of them, of up to 64 bytes. The same on all nodes.
  case voters(Set<String>)
  /// So many seats, 1 to 31: the first names that are admitted take them, once there are as many. Start no more nodes than that before
  /// the first reign.
  case expectedSize(Int)

  /// At most so many seats.
  public static let seatLimit = 31

  /// How many seats there are; 0 without a quorum.
  public var seatCount: Int {
    switch self {
    case .none: 0
    case .voters(let names): names.count
    case .expectedSize(let size): size
    }
  }

  /// More than half of all seats.
  public var majority: Int { seatCount / 2 + 1 }

  func validate() throws(ConfigurationError) {
    switch self {
    case .none: break
    case .voters(let names):
      try ConfigurationError.require(
        (1...Self.seatLimit).contains(names.count), "coordination.quorum.voters", "\(names.count) names",
        "1 to 31 names")
      for name in names.sorted() {
        try ConfigurationError.require(
          (1...RecordLimits.nameBytes).contains(name.utf8.count), "coordination.quorum.voters", "\"\(name)\"",
          "names of 1 to \(RecordLimits.nameBytes) bytes")
      }
    case .expectedSize(let size):
      try ConfigurationError.require(
        (1...Self.seatLimit).contains(size), "coordination.quorum.expectedSize", size, "1 to 31")
    }
  }

  /// Two nodes have the same one exactly when they have the same quorum; 0 without one.
  var fingerprint: UInt64 {
    switch self {
    case .none: 0
    case .voters(let names):
      SeatList.hashes(of: names).reduce(1) { StableHash.combine($0, $1) }
    case .expectedSize(let size): StableHash.combine(2, UInt64(size))
    }
  }
}
