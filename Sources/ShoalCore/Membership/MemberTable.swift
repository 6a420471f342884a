/// Every process this node knows: the living ones, and the dead and left ones that it still remembers.
///
/// Slots never move. A slot of a forgotten member is used again. Look-ups by NodeID and by handle cost O(1), random picks
/// among the living cost O(1), and both fingerprints are kept as records come and go.
struct MemberTable: ~Copyable {
  private(set) var slots: [MemberSlot?] = []
  /// The living slots in no particular, yet reproducible order.
  private(set) var living: [SlotIndex] = []
  private(set) var fingerprint = Fingerprint()
  private(set) var coordinationFingerprint = Fingerprint()
  /// The highest seniority ever seen here: the next newcomer gets one more.
  private(set) var highestSeniority: UInt64 = 0
  /// The highest seniority that has been forgotten. At or below it an unknown process may be a ghost.
  private(set) var highestReapedSeniority: UInt64 = 0

  private var free: [SlotIndex] = []
  // Looked up, never iterated: their order differs from process to process.
  private var byID: [NodeID: SlotIndex] = [:]
  private var byHandle: [UInt64: SlotIndex] = [:]
  private var supersededBy: [NodeID: NodeID] = [:]

  /// At most so many replacements are remembered; further ones are learned again from gossip.
  static let supersededLimit = 65_536

  init() {}

  var livingCount: Int { living.count }

  func find(_ id: NodeID) -> SlotIndex? { byID[id] }

  func find(handle: UInt64) -> SlotIndex? { byHandle[handle] }

  /// The slot at an index that is known to be occupied. A forgotten index is a fault of the engine, never of the network.
  subscript(index: SlotIndex) -> MemberSlot {
    get { slots[Int(index.raw)].unsafelyOccupied }
    _modify {
      var slot = slots[Int(index.raw)].unsafelyOccupied
      slots[Int(index.raw)] = nil
      defer { slots[Int(index.raw)] = slot }
      yield &slot
    }
  }

  func isOccupied(_ index: SlotIndex) -> Bool {
    slots.indices.contains(Int(index.raw)) && slots[Int(index.raw)] != nil
  }

  // Hot accessors: a field each, so that no whole slot is copied per packet.
  func status(_ index: SlotIndex) -> MemberStatus { slots[Int(index.raw)]?.status ?? .left }
  func endpoint(_ index: SlotIndex) -> Endpoint? { slots[Int(index.raw)]?.record.endpoint }
  func id(_ index: SlotIndex) -> NodeID { slots[Int(index.raw)]?.record.id ?? .unknown }
  func record(_ index: SlotIndex) -> Record { self[index].record }
  /// The incarnation that the status of a member speaks of.
  func incarnation(_ index: SlotIndex) -> UInt64 { slots[Int(index.raw)]?.incarnation ?? 0 }
  func precedence(_ index: SlotIndex) -> Precedence {
    Precedence(status: status(index), incarnation: incarnation(index))
  }
  func salt(_ index: SlotIndex) -> UInt64 { slots[Int(index.raw)]?.record.salt ?? 0 }
  func newsToken(_ index: SlotIndex) -> UInt32? { slots[Int(index.raw)]?.newsToken }

  /// Adds a process that was unknown. `status` may be dead or left: a tombstone.
  mutating func insert(_ record: Record, status: MemberStatus, now: Now) -> SlotIndex {
    let slot = MemberSlot(
      record: record, incarnation: record.incarnation, status: status, statusSince: now.wallMilliseconds,
      buriedAt: now.monotonic)
    let index: SlotIndex
    if let reused = free.popLast() {
      index = reused
      slots[Int(index.raw)] = slot
    } else {
      index = SlotIndex(slots.count)
      slots.append(slot)
    }
    byID[record.id] = index
    byHandle[record.id.handle] = index
    highestSeniority = max(highestSeniority, record.seniority)
    if status.isLiving { enterLiving(index) }
    return index
  }

  /// Takes over a newer record of a known process, and with it the status alive.
  mutating func adopt(_ record: Record, at index: SlotIndex, now: Now) {
    if self[index].status.isLiving { leaveLiving(index) }
    self[index].record = record
    self[index].evidence = nil
    self[index].leaveReason = nil
    self[index].suspectedAt = 0
    self[index].incarnation = record.incarnation
    if self[index].status != .alive { self[index].statusSince = now.wallMilliseconds }
    self[index].status = .alive
    highestSeniority = max(highestSeniority, record.seniority)
    enterLiving(index)
  }

  /// Changes the status of a known process. The record stays, also when the accusation speaks of an incarnation that has not
  /// been seen here yet.
  mutating func setStatus(_ status: MemberStatus, at index: SlotIndex, incarnation: UInt64, now: Now) {
    let wasLiving = self[index].status.isLiving
    if wasLiving { leaveLiving(index) }
    self[index].incarnation = incarnation
    self[index].status = status
    self[index].statusSince = now.wallMilliseconds
    if status.isLiving { enterLiving(index) } else if wasLiving { self[index].buriedAt = now.monotonic }
  }

  /// Takes over the owner's record for an incarnation that an accusation had named first. The status stays.
  mutating func complete(_ record: Record, at index: SlotIndex) {
    leaveLiving(index)
    self[index].record = record
    highestSeniority = max(highestSeniority, record.seniority)
    enterLiving(index)
  }

  /// Remembers that `newer` replaced `older` under their common name, whether or not `older` is known yet.
  mutating func noteSuperseded(_ older: NodeID, by newer: NodeID) {
    if supersededBy.count < Self.supersededLimit { supersededBy[older] = newer }
  }

  func isSuperseded(_ id: NodeID) -> Bool { supersededBy[id] != nil }

  /// Forgets a dead or left process.
  mutating func reap(_ index: SlotIndex) {
    let record = self[index].record
    if self[index].status.isLiving { leaveLiving(index) }
    highestReapedSeniority = max(highestReapedSeniority, record.seniority)
    byID[record.id] = nil
    if let older = record.supersedes { supersededBy[older] = nil }
    if byHandle[record.id.handle] == index { byHandle[record.id.handle] = nil }
    slots[Int(index.raw)] = nil
    free.append(index)
  }

  /// Marks that there is fresh news about a process; queue entries with another token are stale.
  mutating func nextNewsToken(_ index: SlotIndex) -> UInt32 {
    self[index].newsToken &+= 1
    return self[index].newsToken
  }

  private mutating func enterLiving(_ index: SlotIndex) {
    self[index].livingPosition = Int32(living.count)
    living.append(index)
    fingerprint.insert(Fingerprint.contribution(of: self[index].record))
    coordinationFingerprint.insert(Fingerprint.coordinationContribution(of: self[index].record))
  }

  private mutating func leaveLiving(_ index: SlotIndex) {
    let position = Int(self[index].livingPosition)
    let last = living.removeLast()
    if last != index {
      living[position] = last
      self[last].livingPosition = Int32(position)
    }
    self[index].livingPosition = -1
    fingerprint.remove(Fingerprint.contribution(of: self[index].record))
    coordinationFingerprint.remove(Fingerprint.coordinationContribution(of: self[index].record))
  }
}

extension Optional {
  /// The payload of a slot that the engine itself has just looked up.
  fileprivate var unsafelyOccupied: Wrapped {
    guard let self else { preconditionFailure("a member slot was used after it was forgotten") }
    return self
  }
}
