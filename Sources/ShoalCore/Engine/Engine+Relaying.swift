/// Pings on behalf of others, and pings for purposes of our own that are no probes.
extension Engine {
  /// Probes on behalf of another node: three pings, one timeout apart, then a nack.
  mutating func relay(_ header: DatagramHeader, requester: SlotIndex, now: Now, into outbox: inout Outbox) {
    guard let target = table.find(header.target), target != myIndex, !pending.isFull else {
      send(.nack, sequence: header.sequence, to: requester, now: now, into: &outbox)
      return
    }
    let purpose = PendingPing.Purpose.relay(requester: table.id(requester), sequence: header.sequence)
    guard !pending.isRelaying(table.id(target), for: table.id(requester), sequence: header.sequence) else { return }
    if uses(.adaptiveTimeout) {
      ping(target, for: purpose, timeout: roundTripTimeout, retries: 2, now: now, into: &outbox)
    } else {
      // Our word must be there before the requester's period ends, so a nack leaves at 4/5 of the timeout.
      ping(target, for: purpose, timeout: settings.probeTimeout / 5 * 4, now: now, into: &outbox)
    }
  }

  /// Pings a member for a purpose other than the probe; dropped when too many wait already.
  mutating func ping(
    _ index: SlotIndex, for purpose: PendingPing.Purpose, timeout: Nanoseconds, retries: Int = 0, now: Now,
    into outbox: inout Outbox
  ) {
    guard !pending.isFull else { return }
    let sequence = drawSequence()
    pending.add(
      PendingPing(sequence: sequence, target: table.id(index), purpose: purpose, timeout: timeout, retries: retries))
    timers.set(.pendingPing, key: UInt64(sequence), at: now.monotonic + timeout)
    send(.ping, sequence: sequence, to: index, introducingMyself: true, now: now, into: &outbox)
  }

  /// A ping of `ping(_:for:)` went unanswered: it is sent again, or its purpose has failed.
  mutating func pingExpired(sequence: UInt32, now: Now, into outbox: inout Outbox) {
    if let again = pending.retry(sequence: sequence) {
      timers.set(.pendingPing, key: UInt64(sequence), at: now.monotonic + again.timeout)
      let attempt = sequence + again.attempt
      switch again.purpose {
      case .hearsay(let stranger): pingStranger(stranger, sequence: attempt, now: now, into: &outbox)
      case .accused(let claim, let evidence):
        guard let index = table.find(again.target) else { return }
        tellAccused(index, claim: claim, evidence: evidence, sequence: attempt, now: now, into: &outbox)
      default:
        guard let index = table.find(again.target) else { return }
        send(.ping, sequence: attempt, to: index, introducingMyself: true, now: now, into: &outbox)
      }
      return
    }
    guard let ping = pending.takeExhausted(sequence: sequence) else { return }
    switch ping.purpose {
    case .relay(let requester, let theirs):
      if let index = table.find(requester) { send(.nack, sequence: theirs, to: index, now: now, into: &outbox) }
    case .nameHolder(let stream): nameHolderSilent(stream, now: now, into: &outbox)
    case .accused(let claim, let evidence): accusedSilent(claim, evidence: evidence, now: now, into: &outbox)
    case .measurement(let token, _): outbox.pingResults.append(PingResult(token: token, outcome: .unanswered))
    case .hearsay, .rival, .heal: break
    }
  }
}
