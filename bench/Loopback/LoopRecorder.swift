import Shoal
import ShoalCore

/// What happens at the nodes of one event loop, with times. Confined to that loop: recording takes no lock.
final class LoopRecorder: @unchecked Sendable {
  /// What is known of one node here.
  struct Node {
    let number: Int
    var isRunning = true
    var fingerprint: UInt64 = 0
    var members = 0
    /// When its view last changed.
    var changed: UInt64 = 0
  }

  struct Watch {
    let id: NodeID
    var firstSuspected: UInt64?
    /// When each node here first held it dead, or heard its goodbye, by place; 0 while it has not.
    var deadAt: [UInt64] = []
    var deadCount = 0
    /// When each node here first suspected it in public, by place; 0 while it has not.
    var suspectedAt: [UInt64] = []
  }

  struct Update {
    let claim: ShoalCore.Update.Claim
    /// When each node here first knew it, by place; 0 while it does not, `ownersTime` for whoever published it.
    var learnedAt: [UInt64] = []
    var learnedCount = 0
    var copies = 0

    static let ownersTime = UInt64.max
  }

  private(set) var nodes: [Node] = []
  private(set) var watches: [Watch] = []
  private(set) var updates: [Update] = []
  /// Who was held dead by anybody here, and when first.
  private(set) var deaths: [ShoalCore.Update.Claim: UInt64] = [:]
  /// By number of members: whether anybody here has seen so many.
  private(set) var sizes: [Bool] = []
  private(set) var running = 0
  /// How many running nodes hold as many members as are awaited.
  private(set) var holding = 0
  private(set) var awaited = 0

  private var watchOf: [NodeID: Int] = [:]
  private var updatesOf: [NodeID: [Int]] = [:]
  private var unsuspected: [Int] = []
  /// Called when something that may be waited for has come about.
  private let signal: @Sendable () -> Void

  private let records: Bool
  /// Empty unless views are recorded.
  private(set) var viewChanges: [WorkerReply.ViewChange] = []

  /// - Parameter records: whether every change of a view is kept.
  init(records: Bool, signal: @escaping @Sendable () -> Void) {
    self.records = records
    self.signal = signal
  }

  // MARK: Orders

  func add(_ number: Int) -> NodeObserver {
    nodes.append(Node(number: number))
    running += 1
    return NodeObserver(recorder: self, place: nodes.count - 1)
  }

  /// What a node that has gone holds does not count any more.
  func remove(_ number: Int) {
    guard let place = nodes.firstIndex(where: { $0.number == number && $0.isRunning }) else { return }
    nodes[place].isRunning = false
    running -= 1
    recordView(place, 0)
    recount()
  }

  func await(members: Int) {
    awaited = members
    recount()
  }

  private func recount() { holding = nodes.count { $0.isRunning && $0.members == awaited } }

  func watch(_ id: NodeID) {
    watchOf[id] = watches.count
    unsuspected.append(watches.count)
    watches.append(Watch(id: id))
  }

  func watch(_ claim: ShoalCore.Update.Claim) {
    updatesOf[claim.id, default: []].append(updates.count)
    updates.append(Update(claim: claim))
  }

  // MARK: Getters

  /// The view that all running nodes here hold; `isOne` when it has as many members as are awaited.
  var view: WorkerReply.ViewFact {
    let alive = nodes.filter(\.isRunning)
    let first = alive.first?.fingerprint ?? 0
    return WorkerReply.ViewFact(
      isOne: holding == running && alive.allSatisfy { $0.fingerprint == first }, fingerprint: first,
      since: alive.map(\.changed).max() ?? 0, holding: holding, running: running)
  }

  /// What each running node here made of a watched member.
  func verdicts(on id: NodeID) -> [WorkerReply.VerdictFact] {
    guard let watch = watchOf[id].map({ watches[$0] }) else { return [] }
    func time(_ times: [UInt64], _ place: Int) -> UInt64? {
      place < times.count && times[place] != 0 ? times[place] : nil
    }
    return nodes.indices.filter { nodes[$0].isRunning }.map { place in
      .init(node: nodes[place].number, suspected: time(watch.suspectedAt, place), gone: time(watch.deadAt, place))
    }
  }

  func isDeadEverywhere(_ id: NodeID) -> Bool {
    guard let watch = watchOf[id] else { return false }
    return nodes.indices.allSatisfy { place in
      !nodes[place].isRunning || (place < watches[watch].deadAt.count && watches[watch].deadAt[place] != 0)
    }
  }

  func isKnownEverywhere(_ claim: ShoalCore.Update.Claim) -> Bool {
    (updatesOf[claim.id] ?? []).allSatisfy { update in
      updates[update].claim != claim || updates[update].learnedCount >= running
    }
  }

  // MARK: What the nodes tell

  func stepped(_ place: Int, _ events: [Event], _ engine: borrowing Engine) {
    let fingerprint = engine.fingerprint
    if fingerprint != nodes[place].fingerprint { viewChanged(place, to: fingerprint, members: engine.livingCount) }
    if !unsuspected.isEmpty, nodes[place].isRunning {
      unsuspected.removeAll { watch in
        guard engine.suspects(watches[watch].id) else { return false }
        watches[watch].firstSuspected = MonotonicClock.now
        return true
      }
    }
    guard !events.isEmpty else { return }
    for event in events { happened(event, at: place) }
    if !updates.isEmpty {
      let own = engine.myself.id
      for event in events { learned(event, at: place, own: own) }
    }
  }

  func sent(_ claim: ShoalCore.Update.Claim) {
    for update in updatesOf[claim.id] ?? [] where updates[update].claim.incarnation == claim.incarnation {
      updates[update].copies += 1
    }
  }

  private func viewChanged(_ place: Int, to fingerprint: UInt64, members: Int) {
    if nodes[place].isRunning, awaited > 0 {
      holding += (members == awaited ? 1 : 0) - (nodes[place].members == awaited ? 1 : 0)
    }
    nodes[place].fingerprint = fingerprint
    nodes[place].members = members
    nodes[place].changed = MonotonicClock.now
    if nodes[place].isRunning { recordView(place, fingerprint) }
    while sizes.count <= members { sizes.append(false) }
    sizes[members] = true
    if holding == running { signal() }
  }

  private func recordView(_ place: Int, _ fingerprint: UInt64) {
    guard records else { return }
    viewChanges.append(.init(at: MonotonicClock.now, node: nodes[place].number, fingerprint: fingerprint))
  }

  private func happened(_ event: Event, at place: Int) {
    if case .died(let member) = event { died(member, at: place) }
    if case .left(let member) = event, let watch = watchOf[member.id] {
      gone(watch, at: place, time: MonotonicClock.now)
    }
    if case .suspected(let member) = event, let watch = watchOf[member.id] {
      _ = Self.note(MonotonicClock.now, at: place, in: &watches[watch].suspectedAt)
    }
  }

  private func learned(_ event: Event, at place: Int, own: NodeID) {
    switch event {
    case .joined(let member), .updated(let member), .recovered(let member):
      learned(member, at: place, time: member.id == own ? Update.ownersTime : MonotonicClock.now)
    case .metadataChanged, .suspected, .died, .left, .reaped, .admitted, .joinFailed, .isolated, .isolationEnded,
      .coordinatorChanged, .stopped:
      break
    }
  }

  private func died(_ member: Member, at place: Int) {
    let claim = ShoalCore.Update.Claim(id: member.id, incarnation: member.incarnation)
    let now = MonotonicClock.now
    if deaths[claim] == nil { deaths[claim] = now }
    guard let watch = watchOf[member.id] else { return }
    if watches[watch].firstSuspected == nil {
      // Buried in the moment in which it was suspected: a port that refuses needs no second look.
      watches[watch].firstSuspected = now
      unsuspected.removeAll { $0 == watch }
    }
    gone(watch, at: place, time: now)
  }

  private func gone(_ watch: Int, at place: Int, time now: UInt64) {
    guard Self.note(now, at: place, in: &watches[watch].deadAt) else { return }
    watches[watch].deadCount += 1
    if watches[watch].deadCount >= running { signal() }
  }

  /// Writes a time down unless there is one; whether it was the first.
  private static func note(_ time: UInt64, at place: Int, in times: inout [UInt64]) -> Bool {
    while times.count <= place { times.append(0) }
    guard times[place] == 0 else { return false }
    times[place] = time
    return true
  }

  private func learned(_ member: Member, at place: Int, time: UInt64) {
    guard let places = updatesOf[member.id] else { return }
    for update in places where member.incarnation >= updates[update].claim.incarnation {
      guard Self.note(time, at: place, in: &updates[update].learnedAt) else { continue }
      updates[update].learnedCount += 1
      if updates[update].learnedCount >= running { signal() }
    }
  }
}

/// One node's link to the recorder of its loop.
final class NodeObserver: DriverObserver {
  private let recorder: LoopRecorder
  private let place: Int

  init(recorder: LoopRecorder, place: Int) {
    self.recorder = recorder
    self.place = place
  }

  func stepped(_ events: [Event], _ engine: borrowing Engine) { recorder.stepped(place, events, engine) }

  func sends(datagram: RawSpan) {
    guard !recorder.updates.isEmpty else { return }
    CarriedNews.forEachClaim(inDatagram: datagram) { recorder.sent($0) }
  }

  func sends(frame: RawSpan) {
    guard !recorder.updates.isEmpty else { return }
    CarriedNews.forEachClaim(inFrame: frame) { recorder.sent($0) }
  }
}
