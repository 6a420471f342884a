/// Answering accusations of this node itself.
extension Engine {
  /// A higher incarnation beats an accusation everywhere. One that was declared dead may have to prove its links first.
  mutating func refute(accused incarnation: UInt64, asDead: Bool = false, now: Now, into outbox: inout Outbox) {
    guard phase == .admitted, let myIndex else { return }
    guard incarnation >= record.incarnation else {
      // Refuted already, yet the accuser has not heard: tell it once more.
      queue.enqueue(myIndex, sends: isUsingTrees ? DisseminationQueue.followUpSends : 0, in: &table)
      armGossip(now: now)
      return
    }
    guard Jump.isAcceptable(from: record.incarnation, to: incarnation) else {
      counters.rejectedJump += 1
      return
    }
    if asDead, uses(.accusationBudget) {
      // Whoever holds it dead must still remember that when it comes back: else it would come and go as a stranger.
      let due = min(
        damping.mayReturnAt(base: settings.returnProof, now: now.monotonic),
        damping.soundSince + settings.tombstoneLifetime / 2)
      guard due <= now.monotonic else {
        if pendingReturn == nil { timers.set(.comeback, at: due) }
        pendingReturn = max(pendingReturn ?? 0, incarnation)
        return
      }
      damping.returned(at: now.monotonic)
      pendingReturn = nil
    }
    counters.refutationsSent += 1
    health.apply(1)
    let raise: UInt64 = plantedBug == .refutesInVain ? 0 : 1
    // While it proved its links its reign has ended.
    let reign: ReignClaim?? = coordination.isSuspended ? .some(nil) : nil
    publish(
      record.with(incarnation: max(record.incarnation, incarnation) + raise, reign: reign), now: now, into: &outbox)
  }

  /// The links may have been sound for long enough now.
  mutating func comeBack(now: Now, into outbox: inout Outbox) {
    guard let incarnation = pendingReturn else { return }
    pendingReturn = nil
    refute(accused: incarnation, asDead: true, now: now, into: &outbox)
  }
}
