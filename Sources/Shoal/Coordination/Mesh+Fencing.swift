import ShoalCore

/// Acting as coordinator. `docs/COORDINATION.md` says what a token promises: with a quorum exclusion up to the moment at which it is
/// drawn, without one order alone.
extension Mesh {
  /// A token for one action of this node as coordinator. With a quorum the lease is checked at this very moment, by the clock that runs on
  /// through suspend.
  ///
  /// - Throws: `MeshError` with code `.notCoordinating` when this node does not coordinate, or not any more.
  public func fencingToken() throws(MeshError) -> FencingToken {
    let now = SystemClock.now().monotonic
    guard phase != .stopped, let epoch = driver.read({ $0.ownEpoch(at: now) }) else {
      throw MeshError(
        .notCoordinating,
        "\(driver.identity.name) does not coordinate (it is \(coordinationState.rawValue)), so it has no tokens")
    }
    return driver.tokens.draw(epoch: epoch, coordinator: driver.identity.id)
  }

  /// Runs `body` whenever this node coordinates, once in each of its reigns, and cancels it when the reign ends.
  ///
  /// ```swift
  /// try await mesh.whileCoordinating { token in
  ///   while !Task.isCancelled { try await runNextJob(epoch: token.epoch) }
  /// }
  /// ```
  /// A body that does not heed its cancellation goes on after the reign: what must not happen then needs a fresh `fencingToken()` each time.
  /// One that throws `.notCoordinating`, since it finds no token, is run again in the next reign; in the same one, should its lease be renewed
  /// after all. A reign without a lease at the moment is not over, so that it cancels nothing.
  ///
  /// - Parameter body: gets the first token of the reign. When it returns it is not run again before the next reign.
  /// - Throws: what `body` throws, unless its reign has ended; `CancellationError` when the surrounding task is cancelled. Returns when the
  ///   node has stopped.
  public func whileCoordinating(_ body: @escaping @Sendable (FencingToken) async throws -> Void) async throws {
    var iterator = events.makeAsyncIterator()
    var done: UInt64 = 0
    while phase != .stopped {
      try Task.checkCancellation()
      if let token = try? fencingToken(), token.epoch > done {
        if try await run(body, during: token) {
          done = token.epoch
        } else {
          // The reign may go on: its lease has been renewed meanwhile, or it was another node that has no tokens.
          try await Task.sleep(for: Self.lapseInterval)
        }
      } else if let reign = coordinator, reign.coordinator == myself.id, reign.epoch > done {
        // Its lease has run out. It is lost, or renewed by an answer that was on its way: within moments one or the other shows, and only
        // the first is an event.
        try await Task.sleep(for: Self.lapseInterval)
      } else if await iterator.next() == nil {
        try Task.checkCancellation()
        return
      }
    }
  }

  private static var lapseInterval: Duration { .milliseconds(10) }

  /// True when the body has ended by itself, false when its reign has, or it found no token.
  private func run(
    _ body: @escaping @Sendable (FencingToken) async throws -> Void, during token: FencingToken
  ) async throws -> Bool {
    driver.tokensChanged(by: 1)
    defer { driver.tokensChanged(by: -1) }
    return try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        do { try await body(token) } catch let error as MeshError where error.code == .notCoordinating {
          return false
        } catch {
          guard self.reigns(under: token.epoch) else { return false }
          throw error
        }
        return true
      }
      group.addTask {
        await self.waitForEnd(of: token.epoch)
        return false
      }
      let isDone = try await group.next() ?? false
      group.cancelAll()
      // What a cancelled body throws says nothing but that it was cancelled.
      while !isDone, let result = await group.nextResult() { if case .success(true) = result { break } }
      try Task.checkCancellation()
      return isDone
    }
  }

  private func waitForEnd(of epoch: UInt64) async {
    for await _ in events where !reigns(under: epoch) { return }
  }

  /// Whether a reign of this node goes on, as far as this node knows, with or without a lease at this moment.
  private func reigns(under epoch: UInt64) -> Bool { phase != .stopped && coordinator?.epoch == epoch }
}
