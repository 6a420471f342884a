/// Every process this node knows: the living ones, and the dead and left ones that it still remembers.
///
/// Slots never move; the slot of a forgotten member is used again. Look-ups by NodeID, handle and name cost O(1), random picks
/// among the living cost O(1), and both fingerprints are kept as records come and go.
///
/// It is laid out as flat arrays, one per field, so that a packet touches few lines of memory and a member costs, in bytes:
///
/// | | |
/// |---|---|
/// | reference to its record, which others in the process may share | 8 |
/// | status, since when, and token of the latest news | 8 |
/// | place among the living | 4 |
/// | entry among the living | 4 |
/// | arrays grow by a sixteenth | 1.5 |
/// | entry in the look-up by NodeID and handle | at most 6.3 |
/// | entry in the look-up by name | at most 6.3 |
/// | **sum** | **at most 38.1** |
///
/// What only the accused, dead and left need lies aside, in `MemberTrouble`.
struct MemberTable: ~Copyable {
  private var records: [Record?] = []
  private var standings: [Standing] = []
  /// Each slot's place in `living`; -1 when not living.
  private var livingPositions: [Int32] = []
  /// The living slots in no particular, yet reproducible order: the first `probedCount` have had their turn in this round of probes.
  private(set) var living: [SlotIndex] = []
  private var probedCount = 0
  private var free: [SlotIndex] = []

  /// By the hash of the handle: a NodeID is found by its first half, then compared.
  private var handles = SlotLookup()
  /// By the hash of the name: everybody but the left, whose names are free again.
  private var names = SlotLookup()
  // Looked up, never iterated: their order differs from process to process.
  private var troubles: [SlotIndex: MemberTrouble] = [:]
  private var superseded: Set<NodeID> = []
  private var evicted = EvictedIDs()

  private(set) var fingerprint = Fingerprint()
  /// What of it matters to coordination.
  var coordination = CoordinationView()
  /// The same as `fingerprint`, in buckets.
  private(set) var digest = Digest()
  /// The highest seniority ever seen here: the next newcomer gets one more.
  private(set) var highestSeniority: UInt64 = 0
  /// The highest seniority that has been forgotten. At or below it an unknown process may be a ghost.
  private(set) var highestReapedSeniority: UInt64 = 0

  /// At most so many replacements are remembered; further ones are learned again from gossip.
  static let supersededLimit = 65_536

  init() {}

  /// A table that knows the same, and shares memory with the other one until either changes.
  init(sharing other: borrowing MemberTable) {
    records = other.records
    standings = other.standings
    livingPositions = other.livingPositions
    living = other.living
    probedCount = other.probedCount
    free = other.free
    handles = other.handles
    names = other.names
    troubles = other.troubles
    superseded = other.superseded
    evicted = other.evicted
    fingerprint = other.fingerprint
    digest = other.digest
    coordination = other.coordination
    highestSeniority = other.highestSeniority
    highestReapedSeniority = other.highestReapedSeniority
  }

  var livingCount: Int { living.count }

  /// How many slots there are, occupied or not: what a cursor over the table runs through.
  var slotCount: Int { records.count }

  /// What arrays and look-ups occupy, in bytes; records and what lies aside not counted.
  var byteCount: Int {
    records.capacity * MemoryLayout<Record?>.stride + standings.capacity * MemoryLayout<Standing>.stride
      + livingPositions.capacity * MemoryLayout<Int32>.stride
      + (living.capacity + free.capacity) * MemoryLayout<SlotIndex>.stride + handles.byteCount + names.byteCount
  }

  // MARK: Finding

  func find(_ id: NodeID) -> SlotIndex? {
    var walk = handles.walk(Self.hash(ofHandle: id.handle))
    while let index = handles.next(&walk) {
      if records[index.position]?.id == id { return index }
    }
    return nil
  }

  func find(handle: UInt64) -> SlotIndex? {
    var walk = handles.walk(Self.hash(ofHandle: handle))
    while let index = handles.next(&walk) {
      if records[index.position]?.id.handle == handle { return index }
    }
    return nil
  }

  /// The living member that has the name of `record` and is another process; of several, the first among the living.
  func livingNamesake(of record: Record) -> SlotIndex? {
    var found: SlotIndex?
    var walk = names.walk(record.nameHash)
    while let index = names.next(&walk) {
      guard status(index).isLiving, isNamesake(index, of: record) else { continue }
      if let found, livingPosition(found) < livingPosition(index) { continue }
      found = index
    }
    return found
  }

  /// The dead member that has the name of `record`; of several, the one admitted last.
  func deadNamesake(of record: Record) -> SlotIndex? {
    var found: SlotIndex?
    var walk = names.walk(record.nameHash)
    while let index = names.next(&walk) {
      guard status(index) == .dead, isNamesake(index, of: record) else { continue }
      if let found, self.record(found).seniority >= self.record(index).seniority { continue }
      found = index
    }
    return found
  }

  /// A living member by the hash of its name; of several, the most senior.
  func livingHolder(ofName hash: UInt64) -> SlotIndex? {
    var found: SlotIndex?
    var walk = names.walk(hash)
    while let index = names.next(&walk) {
      guard status(index).isLiving, record(index).nameHash == hash else { continue }
      if let found, record(found).seniority < record(index).seniority { continue }
      found = index
    }
    return found
  }

  /// Of some names, by their hashes, one that has left or was evicted, and whose every process has. O(members).
  func departedName(among hashes: [UInt64]) -> UInt64? {
    for position in 0..<slotCount where isOccupied(SlotIndex(position)) {
      let index = SlotIndex(position)
      guard status(index) == .left, leaveReason(index) == .left || leaveReason(index) == .evicted else { continue }
      let hash = record(index).nameHash
      if hashes.contains(hash), !isHeld(name: hash) { return hash }
    }
    return nil
  }

  /// Whether somebody of this name lives or is held dead: the departed are not found by their names.
  private func isHeld(name hash: UInt64) -> Bool {
    var walk = names.walk(hash)
    while let index = names.next(&walk) {
      if record(index).nameHash == hash { return true }
    }
    return false
  }

  private func isNamesake(_ index: SlotIndex, of record: Record) -> Bool {
    records[index.position].map { $0.id != record.id && $0.hasName(of: record) } ?? false
  }

  private static func hash(ofHandle handle: UInt64) -> UInt64 { StableHash.finalize(handle) }

  // MARK: Reading

  func isOccupied(_ index: SlotIndex) -> Bool {
    records.indices.contains(index.position) && records[index.position] != nil
  }

  /// The latest record that its owner wrote and that has been seen here. The slot must be occupied: a forgotten index is a
  /// fault of the engine, never of the network.
  func record(_ index: SlotIndex) -> Record {
    guard let record = records[index.position] else { preconditionFailure("a slot was used after it was forgotten") }
    return record
  }

  func status(_ index: SlotIndex) -> MemberStatus { standings[index.position].status }
  /// Since when the status holds here, wall milliseconds.
  func statusSince(_ index: SlotIndex) -> UInt64 { standings[index.position].since }
  func endpoint(_ index: SlotIndex) -> Endpoint? { records[index.position]?.endpoint }
  func id(_ index: SlotIndex) -> NodeID { records[index.position]?.id ?? .unknown }
  func salt(_ index: SlotIndex) -> UInt64 { records[index.position]?.salt ?? 0 }
  func newsToken(_ index: SlotIndex) -> UInt32 { standings[index.position].newsToken }
  /// The place in `living`; -1 when not living.
  func livingPosition(_ index: SlotIndex) -> Int { Int(livingPositions[index.position]) }

  /// The incarnation that the status of a member speaks of: the record's, or a higher one that an accusation has named.
  func incarnation(_ index: SlotIndex) -> UInt64 {
    let own = records[index.position]?.incarnation ?? 0
    return status(index) == .alive ? own : troubles[index]?.incarnation ?? own
  }
  func precedence(_ index: SlotIndex) -> Precedence {
    Precedence(status: status(index), incarnation: incarnation(index))
  }

  func evidence(_ index: SlotIndex) -> Evidence? { troubles[index]?.evidence }
  func leaveReason(_ index: SlotIndex) -> LeaveReason? { troubles[index]?.leaveReason }
  /// When the latest suspicion began here, wall milliseconds; 0 while there was none.
  func suspectedAt(_ index: SlotIndex) -> UInt64 { troubles[index]?.suspectedAt ?? 0 }
  /// Whether this node's own suspicion ran out.
  func isDecidedHere(_ index: SlotIndex) -> Bool { troubles[index]?.decidedHere ?? false }
  /// When it was declared dead or left; meaningful only then.
  func buriedAt(_ index: SlotIndex) -> Instant { troubles[index]?.buriedAt ?? .zero }

  func member(_ index: SlotIndex) -> Member {
    Member(
      record(index), incarnation: incarnation(index), status: status(index), leaveReason: leaveReason(index))
  }

  /// Remembers that another process has taken over this one's name, whether or not it is known yet.
  mutating func noteSuperseded(_ id: NodeID) {
    if superseded.count < Self.supersededLimit { superseded.insert(id) }
  }

  func isSuperseded(_ id: NodeID) -> Bool { superseded.contains(id) }

  /// Whether a process that is unknown here was evicted.
  func isEvicted(_ id: NodeID) -> Bool { evicted.contains(id) }

  // MARK: Changing

  /// Adds a process that was unknown, as alive.
  mutating func insert(_ record: Record, now: Now) -> SlotIndex {
    let index = vacantSlot()
    records[index.position] = record
    standings[index.position].change(to: .alive, since: now.wallMilliseconds)
    highestSeniority = max(highestSeniority, record.seniority)
    enterHandle(index)
    enterName(index)
    enterLiving(index)
    return index
  }

  /// Takes over a newer record of a known process, and with it the status alive.
  mutating func adopt(_ record: Record, at index: SlotIndex, now: Now) {
    let before = status(index)
    if before != .alive {
      standings[index.position].change(to: .alive, since: now.wallMilliseconds)
      troubles[index] = nil
    }
    replace(record, at: index, isLiving: before.isLiving)
    if !before.isLiving { enterLiving(index) }
  }

  /// Takes over the owner's record for an incarnation that an accusation had named first. The status stays.
  mutating func complete(_ record: Record, at index: SlotIndex) {
    replace(record, at: index, isLiving: true)
  }

  /// Changes the status of a known process. The record stays, also when the accusation speaks of an incarnation that has not
  /// been seen here yet.
  mutating func setStatus(_ status: MemberStatus, at index: SlotIndex, incarnation: UInt64, now: Now) {
    let before = self.status(index)
    if before.isLiving, !status.isLiving { leaveLiving(index) }
    standings[index.position].change(to: status, since: now.wallMilliseconds)
    amend(index) {
      $0.incarnation = incarnation
      if before.isLiving, !status.isLiving { $0.buriedAt = now.monotonic }
    }
    if status.isLiving, !before.isLiving { enterLiving(index) }
    if status == .left, before != .left { names.remove(index, hash: record(index).nameHash) }
  }

  mutating func setEvidence(_ evidence: Evidence, at index: SlotIndex) { amend(index) { $0.evidence = evidence } }

  mutating func setLeaveReason(_ reason: LeaveReason?, at index: SlotIndex) { amend(index) { $0.leaveReason = reason } }

  mutating func setSuspectedAt(_ wallMilliseconds: UInt64, at index: SlotIndex) {
    amend(index) { $0.suspectedAt = wallMilliseconds }
  }

  mutating func setDecidedHere(_ isDecidedHere: Bool, at index: SlotIndex) {
    amend(index) { $0.decidedHere = isDecidedHere }
  }

  mutating func setBuriedAt(_ instant: Instant, at index: SlotIndex) { amend(index) { $0.buriedAt = instant } }

  /// Forgets a dead or left process.
  mutating func reap(_ index: SlotIndex) {
    let record = record(index)
    if status(index).isLiving { leaveLiving(index) }
    if status(index) != .left { names.remove(index, hash: record.nameHash) }
    handles.remove(index, hash: Self.hash(ofHandle: record.id.handle))
    highestReapedSeniority = max(highestReapedSeniority, record.seniority)
    if let older = record.supersedes { superseded.remove(older) }
    if leaveReason(index) == .evicted { evicted.insert(record.id) }
    records[index.position] = nil
    standings[index.position].vacate()
    troubles[index] = nil
    free.append(index)
  }

  /// Marks that there is fresh news about a process; queue entries with another token are stale.
  mutating func nextNewsToken(_ index: SlotIndex) -> UInt32 {
    standings[index.position].raiseNewsToken()
    return standings[index.position].newsToken
  }

  // MARK: Inside

  private mutating func amend(_ index: SlotIndex, _ change: (inout MemberTrouble) -> Void) {
    // Taken out and put back: a dictionary whose values are changed in place allocates for each change.
    var trouble = troubles[index] ?? MemberTrouble(incarnation: record(index).incarnation)
    change(&trouble)
    troubles[index] = trouble
  }

  /// - Parameter isLiving: whether the older record counts in the fingerprints; the newer one then does as well.
  private mutating func replace(_ newer: Record, at index: SlotIndex, isLiving: Bool) {
    let older = record(index)
    let isRenamed = !newer.hasName(of: older)
    if isRenamed, status(index) != .left { names.remove(index, hash: older.nameHash) }
    if isLiving { withdraw(older) }
    records[index.position] = newer
    if isLiving {
      contribute(newer)
      coordination.replace(older, by: newer, at: index)
    }
    if isRenamed, status(index) != .left { enterName(index) }
    highestSeniority = max(highestSeniority, newer.seniority)
  }

  /// A slot of a forgotten member, or a new one.
  private mutating func vacantSlot() -> SlotIndex {
    if let reused = free.popLast() { return reused }
    let index = SlotIndex(records.count)
    Self.append(nil, to: &records)
    Self.append(.unused, to: &standings)
    Self.append(-1, to: &livingPositions)
    return index
  }

  /// Arrays grow by a sixteenth: doubling would cost more memory than a copy each time a sixteenth more members have come costs
  /// time.
  private static func append<Element>(_ element: Element, to array: inout [Element]) {
    if array.count == array.capacity { array.reserveCapacity(array.count + array.count / 16 + 16) }
    array.append(element)
  }

  private mutating func enterHandle(_ index: SlotIndex) {
    if handles.insert(index, hash: Self.hash(ofHandle: id(index).handle)) { return }
    handles.reset(for: records.count - free.count)
    for position in records.indices {
      guard let record = records[position] else { continue }
      _ = handles.insert(SlotIndex(position), hash: Self.hash(ofHandle: record.id.handle))
    }
  }

  private mutating func enterName(_ index: SlotIndex) {
    if names.insert(index, hash: record(index).nameHash) { return }
    names.reset(for: records.count - free.count)
    for position in records.indices {
      guard let record = records[position], standings[position].status != .left else { continue }
      _ = names.insert(SlotIndex(position), hash: record.nameHash)
    }
  }

  private mutating func enterLiving(_ index: SlotIndex) {
    livingPositions[index.position] = Int32(living.count)
    Self.append(index, to: &living)
    contribute(record(index))
    coordination.insert(record(index), at: index)
  }

  private mutating func leaveLiving(_ index: SlotIndex) {
    var position = livingPosition(index)
    // The gap goes to the end of those who had their turn, then to the end of all.
    if position < probedCount {
      probedCount -= 1
      swapLiving(position, probedCount)
      position = probedCount
    }
    swapLiving(position, living.count - 1)
    living.removeLast()
    livingPositions[index.position] = -1
    withdraw(record(index))
    coordination.remove(record(index), at: index)
  }

  private mutating func swapLiving(_ first: Int, _ second: Int) {
    guard first != second else { return }
    living.swapAt(first, second)
    livingPositions[living[first].position] = Int32(first)
    livingPositions[living[second].position] = Int32(second)
  }

  private mutating func contribute(_ record: Record) {
    fingerprint.insert(Fingerprint.contribution(of: record))
    digest.insert(record)
  }

  private mutating func withdraw(_ record: Record) {
    fingerprint.remove(Fingerprint.contribution(of: record))
    digest.remove(record)
  }
}

extension MemberTable {
  /// The next living member of a shuffled round robin (SWIM §4.3), in which everybody but `myself` has one turn; nil when there is
  /// nobody else. Begins a new round when one has ended.
  ///
  /// One step of Fisher and Yates' shuffle at each call, in the order of the living itself, costs no memory; a newcomer has its turn
  /// in the round that runs.
  mutating func nextInRound(besides myself: SlotIndex, random: inout PRNG) -> SlotIndex? {
    // This node may come up twice, at the end of one round and at the beginning of the next.
    for _ in 0..<3 where !living.isEmpty {
      if probedCount == living.count { probedCount = 0 }
      swapLiving(probedCount, probedCount + random.below(living.count - probedCount))
      probedCount += 1
      if living[probedCount - 1] != myself { return living[probedCount - 1] }
    }
    return nil
  }
}

extension MemberTable {
  /// Whether encoded evidence says nothing that the held evidence does not: the same accuser and witnesses or fewer, over the same
  /// paths or fewer. False when it is malformed, so that whoever decodes it finds out.
  func knowsEvidence(_ bytes: RawSpan, at index: SlotIndex) -> Bool {
    guard let held = evidence(index) else { return false }
    var reader = ByteReader(bytes)
    do throws(WireError) {
      let accuser = try reader.readNodeID()
      let paths = Evidence.Paths(rawValue: try reader.readUInt8())
      guard held.names(accuser), held.paths.isSuperset(of: paths) else { return false }
      for _ in 0..<(try reader.readUInt8()) {
        guard held.names(try reader.readNodeID()) else { return false }
      }
      return true
    } catch { return false }
  }
}
