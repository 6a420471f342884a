import ShoalCore

/// A `CoordinationMemory` as the state file has it, with whose it is.
struct StoredCoordination: Codable {
  var format: Int
  var cluster: String
  var name: String
  var highestEpoch: UInt64
  var grantedEpoch: UInt64
  /// 32 hexadecimal digits; nil when nothing was granted.
  var grantedTo: String?
  var followedEpoch: UInt64
  /// The fingerprint of the quorum that this was promised under.
  var quorum: UInt64
  var seats: Seats?
  var history: [Entry]

  /// A longer file is none of ours.
  static let byteLimit = 1_048_576
  private static let currentFormat = 1

  struct Seats: Codable {
    var change: UInt32
    var epoch: UInt64
    /// Hashes of the names.
    var names: [UInt64]
  }

  struct Entry: Codable {
    var epoch: UInt64
    var coordinator: String
    var name: String
    var reason: String
    var from: UInt64
    var until: UInt64?
    var end: String?
  }

  init(_ memory: CoordinationMemory, cluster: String, name: String) {
    format = Self.currentFormat
    self.cluster = cluster
    self.name = name
    highestEpoch = memory.highestEpoch
    grantedEpoch = memory.grantedEpoch
    grantedTo = memory.grantedEpoch == 0 ? nil : memory.grantedTo.description
    followedEpoch = memory.followedEpoch
    quorum = memory.quorum
    seats = memory.seats.map { Seats(change: $0.change, epoch: $0.epoch, names: $0.names) }
    history = memory.history.map { past in
      Entry(
        epoch: past.reign.epoch, coordinator: past.reign.coordinator.description, name: past.reign.name,
        reason: past.reign.reason.name, from: past.from, until: past.until, end: past.end?.name)
    }
  }

  /// Nil when something in it cannot be.
  var memory: CoordinationMemory? {
    guard format == Self.currentFormat else { return nil }
    var memory = CoordinationMemory()
    memory.highestEpoch = highestEpoch
    memory.grantedEpoch = grantedEpoch
    memory.followedEpoch = followedEpoch
    memory.quorum = quorum
    if let grantedTo {
      guard let id = NodeID(grantedTo) else { return nil }
      memory.grantedTo = id
    }
    if let seats {
      guard seats.names.count <= Quorum.seatLimit, Set(seats.names).count == seats.names.count,
        seats.change < SeatList.changeLimit
      else { return nil }
      memory.seats = SeatList(change: seats.change, epoch: seats.epoch, names: seats.names)
    }
    for entry in history {
      guard let id = NodeID(entry.coordinator) else { return nil }
      let reign = Reign(
        epoch: entry.epoch, coordinator: id, name: entry.name, reason: ReignReason(name: entry.reason) ?? .other)
      memory.history.append(
        PastReign(
          reign: reign, from: entry.from, until: entry.until, end: entry.end.map { ReignReason(name: $0) ?? .other }))
    }
    return memory
  }
}
