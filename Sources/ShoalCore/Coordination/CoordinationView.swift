/// What matters to coordination about the living, kept as they come and go: who may coordinate, who claims to, and under which epochs.
///
/// ```
/// records come and go ─▶ fingerprint        what peers confirm
///                     ─▶ newcomers          whom the engine compares with the one it names
///                     ─▶ claimants, epochs  whom it follows
/// ```
struct CoordinationView {
  /// Covers the living that may coordinate.
  private(set) var fingerprint = Fingerprint()
  /// The living whose record claims a reign, in the order in which that was learned.
  private(set) var claimants: [SlotIndex] = []
  /// Who has become a candidate since the engine last looked; with `isCrowd` everybody must be looked at.
  private(set) var newcomers: [SlotIndex] = []
  private(set) var isCrowd = false
  /// The highest epoch that was ever seen here.
  private(set) var highestEpoch: UInt64 = 0
  /// Higher epochs are refused.
  private(set) var epochLimit: UInt64 = 0
  /// Epochs that were too high, and have not been counted yet.
  private var refusedEpochs: UInt64 = 0
  /// Rises with whatever the engine should look at.
  private(set) var version: UInt64 = 0

  /// Beyond so many newcomers at once it is cheaper to look at everybody.
  private static let newcomerLimit = 64

  init() {}

  /// Wall time has come so far: epochs may be that high, and a jump above.
  mutating func allowEpochs(wallMilliseconds: UInt64) {
    let (limit, overflow) = max(highestEpoch, wallMilliseconds).addingReportingOverflow(Jump.limit)
    epochLimit = max(epochLimit, overflow ? .max : limit)
  }

  /// What was known before a restart is known, however the clock stands.
  mutating func remember(epoch: UInt64) {
    highestEpoch = max(highestEpoch, epoch)
    epochLimit = max(epochLimit, epoch)
  }

  /// Whether an epoch is not so high that it must be a mistake.
  func accepts(epoch: UInt64) -> Bool { epoch <= epochLimit }

  /// Takes note of an epoch that somebody knows of.
  mutating func note(epoch: UInt64) {
    guard epoch > highestEpoch else { return }
    guard epoch <= epochLimit else {
      refusedEpochs += 1
      version += 1
      return
    }
    highestEpoch = epoch
    version += 1
  }

  mutating func insert(_ record: Record, at index: SlotIndex) {
    if CoordinatorCandidate.isEligible(record) {
      fingerprint.insert(Fingerprint.coordinationContribution(of: record))
      enter(index)
    }
    // Somebody who never coordinates may have a seat.
    version += 1
    if let claim = record.reign { take(claim, at: index) }
  }

  mutating func remove(_ record: Record, at index: SlotIndex) {
    if CoordinatorCandidate.isEligible(record) {
      fingerprint.remove(Fingerprint.coordinationContribution(of: record))
    }
    version += 1
    if record.reign != nil { withdrawClaim(at: index) }
  }

  /// A living member has published a newer record; most change nothing here.
  mutating func replace(_ older: Record, by newer: Record, at index: SlotIndex) {
    let before = CoordinatorCandidate.isEligible(older) ? Fingerprint.coordinationContribution(of: older) : nil
    let after = CoordinatorCandidate.isEligible(newer) ? Fingerprint.coordinationContribution(of: newer) : nil
    if before != after {
      if let before { fingerprint.remove(before) }
      if let after { fingerprint.insert(after) }
      // The first one may have fallen behind others.
      isCrowd = true
      version += 1
    }
    let claim = newer.reign
    guard claim != older.reign else { return }
    if older.reign != nil { withdrawClaim(at: index) }
    if let claim { take(claim, at: index) }
  }

  /// How many epochs were refused since this was last asked.
  mutating func takeRefusedEpochs() -> UInt64 {
    defer { refusedEpochs = 0 }
    return refusedEpochs
  }

  /// The engine has looked at all newcomers.
  mutating func forgetNewcomers() {
    newcomers.removeAll(keepingCapacity: true)
    isCrowd = false
  }

  private mutating func enter(_ index: SlotIndex) {
    if newcomers.count < Self.newcomerLimit { newcomers.append(index) } else { isCrowd = true }
  }

  /// A claim under an epoch that is too high counts as none.
  private mutating func take(_ claim: ReignClaim, at index: SlotIndex) {
    note(epoch: claim.epoch)
    guard claim.epoch <= highestEpoch else { return }
    claimants.append(index)
    version += 1
  }

  private mutating func withdrawClaim(at index: SlotIndex) {
    guard let place = claimants.firstIndex(of: index) else { return }
    claimants.remove(at: place)
    version += 1
  }
}
