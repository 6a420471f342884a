import Foundation
import Logging
import NIOCore
import NIOPosix
import Shoal
import ShoalCore
import ShoalSecurity

/// The nodes that one worker process holds, on as many event loops as they need.
actor NodeGroup {
  private struct Place {
    let mesh: Mesh
    let loop: Int
  }

  private let configuration: CoreConfiguration
  private let clusterID: String
  private let key: ClusterKey
  private let loops: [any EventLoop]
  private let recorders: [LoopRecorder]
  private let waiting: Waiting
  private var places: [Int: Place] = [:]
  private var starting: [Int: Task<Mesh, any Error>] = [:]
  /// What nodes do with messages, of those that were told to.
  private var parties: [Int: MessageParty] = [:]

  /// Nodes of one address of 127.0.0.0/8: each has a port, and what they dial takes ports too.
  private static let nodesPerAddress = 4_000

  init(_ plan: WorkerPlan) throws {
    guard let configuration = plan.configuration else {
      throw StepFailure(sentence: "The preset \(plan.preset) or a feature is unknown to this program.")
    }
    self.configuration = configuration
    clusterID = plan.clusterID
    key = try ClusterKey(base64: plan.key)
    FileLimit.raise()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: plan.loops)
    loops = Array(group.makeIterator())
    let waiting = Waiting()
    self.waiting = waiting
    recorders = loops.map { _ in LoopRecorder(records: plan.records, signal: { waiting.signal() }) }
  }

  func answer(_ request: WorkerRequest) async throws -> WorkerReply {
    switch request {
    case .prepare: return .failed("This worker has been prepared already.")
    case .start(let newcomers, let seed): return .done(at: await start(newcomers, seed: seed))
    case .started: return .started(try await finishStarting())
    case .awaitView(let members, let limit): return .view(try await awaitView(of: members, limit: limit))
    case .awaitDeath(let text, let limit):
      let id = try Self.id(text)
      return .met(try await wait(limit) { $0.isDeadEverywhere(id) })
    case .awaitUpdate(let text, let incarnation, let limit):
      let claim = Update.Claim(id: try Self.id(text), incarnation: incarnation)
      return .met(try await wait(limit) { $0.isKnownEverywhere(claim) })
    case .watch(let text):
      let id = try Self.id(text)
      _ = try await onEachLoop { $0.watch(id) }
      return .done(at: MonotonicClock.now)
    case .watches: return .watches(try await watches())
    case .verdicts(let text):
      let id = try Self.id(text)
      return .verdicts(try await onEachLoop { $0.verdicts(on: id) }.flatMap(\.self))
    case .viewChanges: return .viewChanges(try await onEachLoop(\.viewChanges).flatMap(\.self))
    case .nextIncarnation(let node):
      return .incarnation(try place(of: node).mesh.readEngine { $0.myself.incarnation + 1 })
    case .watchUpdate(let text, let incarnation):
      let claim = Update.Claim(id: try Self.id(text), incarnation: incarnation)
      _ = try await onEachLoop { $0.watch(claim) }
      return .done(at: MonotonicClock.now)
    case .publish(let node, let value):
      let mesh = try place(of: node).mesh
      let now = MonotonicClock.now
      try await mesh.setTags(["bench": "\(value)"])
      return .done(at: now)
    case .updates: return .updates(try await updates())
    case .crash(let node, let kind): return .done(at: try await crash(node, kind))
    case .leave(let node): return .done(at: try await leave(node))
    case .standStill(let node, let kind):
      let now = MonotonicClock.now
      try await place(of: node).mesh.standStill(kind.standstill)
      return .done(at: now)
    case .goOn(let node):
      let now = MonotonicClock.now
      try await place(of: node).mesh.goOn()
      return .done(at: now)
    case .split(let part, let rest):
      try await split(part: part.compactMap { Endpoint($0) }, rest: rest.compactMap { Endpoint($0) })
      return .done(at: MonotonicClock.now)
    case .heal:
      for place in places.values { try await place.mesh.cutLinks(nil) }
      return .done(at: MonotonicClock.now)
    case .deaths: return .deaths(try await deaths())
    case .sizes:
      let seen = try await onEachLoop { recorder in recorder.sizes.indices.filter { recorder.sizes[$0] } }
      return .sizes(Set(seen.joined()).sorted())
    case .figures: return .figures(try await figures())
    case .usage: return .usage(.current)
    case .check(let members): return .checked(try await check(members))
    case .message(let node, let order): return .message(try await party(of: node).carryOut(order))
    }
  }

  // MARK: Starting and ending

  private func start(_ newcomers: [WorkerRequest.Newcomer], seed: String?) async -> UInt64 {
    var orders: [(Int, MeshConfiguration, any EventLoop, NodeObserver)] = []
    for newcomer in newcomers {
      let loop = newcomer.node % loops.count
      let recorder = recorders[loop]
      guard let observer = try? await loops[loop].submit({ recorder.add(newcomer.node) }).get() else { continue }
      orders.append((newcomer.node, configuration(of: newcomer, seed: seed), loops[loop], observer))
    }
    let now = MonotonicClock.now
    for (node, configuration, loop, observer) in orders {
      starting[node] = Task { [waiting] in
        do { return try await Mesh.start(configuration, on: loop, observer: observer) } catch {
          let failure = StepFailure(sentence: "\(configuration.name) did not start: \(error)")
          waiting.fail(failure)
          throw failure
        }
      }
    }
    return now
  }

  private func configuration(of newcomer: WorkerRequest.Newcomer, seed: String?) -> MeshConfiguration {
    let address = "127.0.\(newcomer.node / Self.nodesPerAddress).1"
    var configuration = MeshConfiguration(
      name: newcomer.name, clusterID: clusterID, key: key, bind: "\(address):0", seeds: seed.map { [$0] } ?? [])
    configuration.core = self.configuration
    configuration.logger = Logger(label: "shoal-bench") { _ in SwiftLogNoOpLogHandler() }
    return configuration
  }

  private func finishStarting() async throws -> [WorkerReply.NodeAddress] {
    var addresses: [WorkerReply.NodeAddress] = []
    for (node, task) in starting {
      let mesh = try await task.value
      places[node] = Place(mesh: mesh, loop: node % loops.count)
      addresses.append(
        .init(node: node, id: mesh.myself.id.description, endpoint: mesh.endpoint.description))
    }
    starting.removeAll()
    return addresses.sorted { $0.node < $1.node }
  }

  private func place(of node: Int) throws -> Place {
    guard let place = places[node] else { throw StepFailure(sentence: "Node \(node) does not run in this worker.") }
    return place
  }

  private func party(of node: Int) throws -> MessageParty {
    if let party = parties[node] { return party }
    let party = MessageParty(try place(of: node).mesh)
    parties[node] = party
    return party
  }

  private func crash(_ node: Int, _ kind: CrashName) async throws -> UInt64 {
    let place = try place(of: node)
    let recorder = recorders[place.loop]
    try await loops[place.loop].submit { recorder.remove(node) }.get()
    let now = MonotonicClock.now
    switch kind {
    case .killed:
      places[node] = nil
      await place.mesh.shutdown()
    case .mute: try await place.mesh.standStill(.machine)
    }
    return now
  }

  private func leave(_ node: Int) async throws -> UInt64 {
    let place = try place(of: node)
    let recorder = recorders[place.loop]
    try await loops[place.loop].submit { recorder.remove(node) }.get()
    places[node] = nil
    let now = MonotonicClock.now
    try await place.mesh.leave()
    return now
  }

  private func split(part: [Endpoint], rest: [Endpoint]) async throws {
    let inside = Set(part)
    let filters = (inside: LinkFilter(blocking: Set(rest)), outside: LinkFilter(blocking: inside))
    for place in places.values {
      try await place.mesh.cutLinks(inside.contains(place.mesh.endpoint) ? filters.inside : filters.outside)
    }
  }

  // MARK: Waiting

  private func awaitView(of members: Int, limit: Double) async throws -> WorkerReply.ViewFact {
    _ = try await onEachLoop { $0.await(members: members) }
    _ = try await wait(limit) { $0.view.isOne || $0.running == 0 }
    let views = try await onEachLoop(\.view).filter { $0.running > 0 }
    var whole = WorkerReply.ViewFact(
      isOne: views.allSatisfy { $0.isOne && $0.fingerprint == views.first?.fingerprint },
      fingerprint: views.first?.fingerprint ?? 0, since: 0, holding: 0, running: 0)
    for view in views {
      whole.since = max(whole.since, view.since)
      whole.holding += view.holding
      whole.running += view.running
    }
    return whole
  }

  /// Waits until something holds on every loop; false when `limit` seconds pass first.
  private func wait(_ limit: Double, until isMet: @Sendable @escaping (LoopRecorder) -> Bool) async throws -> Bool {
    let end = MonotonicClock.now + UInt64(max(0, limit) * 1e9)
    while true {
      if try await onEachLoop(isMet).allSatisfy(\.self) { return true }
      guard MonotonicClock.now < end else { return false }
      if let failure = waiting.failure { throw failure }
      await waiting.next(on: loops[0])
    }
  }

  private func onEachLoop<Value: Sendable>(
    _ body: @Sendable @escaping (LoopRecorder) -> Value
  ) async throws -> [Value] {
    let futures = zip(loops, recorders).map { loop, recorder in loop.submit { body(recorder) } }
    var values: [Value] = []
    for future in futures { values.append(try await future.get()) }
    return values
  }

  // MARK: Facts

  private func watches() async throws -> [WorkerReply.WatchFact] {
    let parts = try await onEachLoop(\.watches)
    return (parts.first ?? []).indices.map { index in
      var fact = WorkerReply.WatchFact(id: parts[0][index].id.description, deadAt: 0)
      for part in parts {
        let times = part[index].deadAt.filter { $0 != 0 }
        fact.firstSuspected = [fact.firstSuspected, part[index].firstSuspected].compactMap(\.self).min()
        fact.firstDead = ([fact.firstDead].compactMap(\.self) + times).min()
        fact.lastDead = ([fact.lastDead].compactMap(\.self) + times).max()
        fact.deadAt += times.count
      }
      return fact
    }
  }

  private func updates() async throws -> [WorkerReply.UpdateFact] {
    let parts = try await onEachLoop(\.updates)
    return (parts.first ?? []).indices.map { index in
      let claim = parts[0][index].claim
      return WorkerReply.UpdateFact(
        id: claim.id.description, incarnation: claim.incarnation,
        learned: parts.flatMap { $0[index].learnedAt.filter { $0 != 0 && $0 != LoopRecorder.Update.ownersTime } },
        copies: parts.reduce(0) { $0 + $1[index].copies })
    }
  }

  private func deaths() async throws -> [WorkerReply.DeathFact] {
    let parts = try await onEachLoop(\.deaths)
    return parts.flatMap { part in
      part.map { .init(id: $0.key.id.description, incarnation: $0.key.incarnation, at: $0.value) }
    }
  }

  private func figures() async throws -> [WorkerReply.NodeReading] {
    var readings: [WorkerReply.NodeReading] = []
    for index in loops.indices {
      let own = places.filter { $0.value.loop == index }.map { (node: $0.key, mesh: $0.value.mesh) }
      readings += try await loops[index].submit {
        own.map { WorkerReply.NodeReading(node: $0.node, sent: Sent($0.mesh.figures)) }
      }.get()
    }
    return readings.sorted { $0.node < $1.node }
  }

  /// The first table that does not hold exactly these members, all alive.
  private func check(_ members: [WorkerRequest.Newcomer]) async throws -> String? {
    let names = Set(members.map(\.name))
    for (node, place) in places.sorted(by: { $0.key < $1.key }) {
      let flaw = place.mesh.readEngine { engine -> String? in
        var known: Set<String> = []
        var flaw: String?
        engine.forEachMember { member in
          if !names.contains(member.name) { flaw = "\(member.name), whom nobody started" }
          if member.status != .alive { flaw = "\(member.name) as \(member.status.name)" }
          if !known.insert(member.name).inserted { flaw = "\(member.name) twice" }
        }
        if let flaw { return "it holds \(flaw)" }
        return known.count == names.count ? nil : "it holds \(known.count) of \(names.count) members"
      }
      if let flaw { return "The table of node \(node) is wrong: \(flaw)." }
    }
    return nil
  }

  private static func id(_ text: String) throws -> NodeID {
    guard let id = NodeID(text) else { throw StepFailure(sentence: "'\(text)' is no NodeID.") }
    return id
  }
}

extension PauseName {
  var standstill: StandstillKind {
    switch self {
    case .process: .process
    case .freeze: .machine
    }
  }
}
