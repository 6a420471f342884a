import NIOCore
public import ShoalCore

/// What operators do to membership and coordination. Each is refused with a reason, and without effect, where it cannot be done.
extension Mesh {
  /// Takes this node out of coordination until `undrain()`: all see it `draining`, and name another.
  ///
  /// Returns at once. A reign of this node goes on until its last fencing token has been returned, for `timeout` at most; `drainProgress`
  /// tells how far that is. Draining again begins the time anew. Where nobody else may coordinate, nobody does.
  ///
  /// - Parameter timeout: 0 to 1 h. Default 30 s. With 0 the reign ends at once, whatever is out.
  /// - Throws: `MeshError` with code `.invalidConfiguration` for another timeout, `.operationRefused` when this node is no member,
  ///   `.stopped` when it has stopped.
  public func drain(timeout: Duration = .seconds(30)) async throws(MeshError) {
    guard timeout >= .zero, timeout <= .seconds(3_600) else {
      throw MeshError(.invalidConfiguration, "the timeout of a drain is \(timeout), but must be 0 to 1 h")
    }
    try await perform(.drain(timeout: Nanoseconds(timeout)))
  }

  /// Lets a drained node coordinate again, if the view names it. Does nothing to one that is not drained.
  ///
  /// - Throws: `MeshError` as `drain` does.
  public func undrain() async throws(MeshError) { try await perform(.undrain) }

  /// How far a drain of this node has come.
  public var drainProgress: DrainProgress {
    let now = SystemClock.now().monotonic
    return driver.read { engine in
      DrainProgress(
        isDraining: engine.myself.flags.contains(.draining), isCoordinator: engine.isCoordinator(at: now),
        openTokens: engine.openTokens,
        timeLeft: engine.drainTimeLeft(at: now).map { .nanoseconds(Int64(clamping: $0)) })
    }
  }

  /// Ends this node's reign: another one follows, and this node stands aside until that one is over.
  ///
  /// Returns at once; the next reign is known a moment later, for the reason `abdicated`.
  ///
  /// - Throws: `MeshError` with code `.operationRefused` when this node does not coordinate, or nobody else in its view may; `.stopped`
  ///   when it has stopped.
  public func abdicate() async throws(MeshError) { try await perform(.abdicate) }

  /// Has whoever the view names begin a new reign under a higher epoch, for the reason `forced`; the one that reigns may be named again.
  ///
  /// - Parameter limit: how long to wait for it. Default 10 s.
  /// - Returns: the new reign, as this node sees it.
  /// - Throws: `MeshError` with code `.operationRefused` when nobody may coordinate, this node is cut off or coordination is off, and when
  ///   there is no new reign within `limit`; `.stopped` when it has stopped.
  public func elect(within limit: Duration = .seconds(10)) async throws(MeshError) -> Reign {
    let before = coordinator?.epoch ?? 0
    let events = events.makeAsyncIterator()
    try await perform(.elect)
    guard let reign = await reign(above: before, within: limit, in: events) else {
      throw MeshError(
        .operationRefused,
        "no new reign began within \(limit): the member that the view names has not answered, or others do not see the same; ask again"
      )
    }
    return reign
  }

  /// Removes a member for good, living, suspect or dead: it is `left` everywhere for the reason `evicted`, and stops when it hears so.
  ///
  /// It is no ban: a new process with the key may join, under the same name too.
  ///
  /// - Throws: `MeshError` with code `.operationRefused` for this node itself, one that is unknown and one that has left; `.stopped` when
  ///   this node has stopped.
  public func evict(_ id: NodeID) async throws(MeshError) { try await perform(.evict(id)) }

  // MARK: Helpers

  /// The first reign above an epoch that is followed here; nil when there is none in time.
  ///
  /// - Parameter events: begun before what it waits for was asked.
  package func reign(above epoch: UInt64, within limit: Duration, in events: MeshEvents.Iterator) async -> Reign? {
    await withTaskGroup(of: Reign?.self) { group in
      group.addTask { [self] in
        var events = events
        repeat {
          if let reign = coordinator, reign.epoch > epoch { return reign }
        } while await events.next() != nil
        return nil
      }
      group.addTask {
        try? await Task.sleep(for: limit)
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
  }

  private func perform(_ operation: ShoalCore.Operation) async throws(MeshError) {
    let refusal: OperationRefusal?
    do {
      refusal = try await driver.eventLoop.flatSubmit { [driver] in
        let outcome = driver.eventLoop.makePromise(of: OperationRefusal?.self)
        guard !driver.isClosed else {
          outcome.succeed(.notMember)
          return outcome.futureResult
        }
        driver.step { engine, now, outbox in
          do throws(OperationRefusal) {
            try engine.perform(operation, now: now, into: &outbox)
            outcome.succeed(nil)
          } catch {
            outcome.succeed(error)
          }
        }
        return outcome.futureResult
      }.get()
    } catch { throw MeshError(.stopped, "the node ended while it was asked: \(error)") }
    guard let refusal else { return }
    guard phase != .stopped else { throw MeshError(.stopped, "the node has stopped already") }
    throw MeshError(refusal, name: myself.name)
  }
}

/// How far a drain has come.
public struct DrainProgress: Sendable, Hashable {
  public let isDraining: Bool
  /// Whether the node still coordinates.
  public let isCoordinator: Bool
  /// Fencing tokens of its reign that are out.
  public let openTokens: Int
  /// How long its reign goes on at most; nil when the drain keeps none.
  public let timeLeft: Duration?
}

extension MeshError {
  init(_ refusal: OperationRefusal, name: String) {
    let reason =
      switch refusal {
      case .notMember: "\(name) is no member of a cluster now; wait until it is admitted"
      case .coordinationOff: "coordination is off at \(name)"
      case .notCoordinating(let follows?): "\(name) does not coordinate, but \(follows) does; ask that one"
      case .notCoordinating(nil): "\(name) does not coordinate, and follows nobody"
      case .nobodyElseEligible:
        "nobody else may coordinate: the others are observers, excluded, drained, or have abdicated themselves"
      case .nobodyEligible:
        "nobody may coordinate: all members are observers, excluded or drained; undrain one of them"
      case .noQuorum: "\(name) sees no majority of the seats; bring voters back, or ask a node that sees more of them"
      case .isolated: "\(name) is cut off, or held dead by others; ask another node"
      case .unknownMember: "\(name) knows no such member"
      case .oneself: "\(name) is the node that was asked; make it leave instead"
      case .departed: "it has left already"
      }
    self.init(.operationRefused, reason)
  }
}
