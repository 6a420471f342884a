/// Deaths that are known by hearsay only: whoever is said to have died is asked before we believe it.
///
/// When two halves of a split meet, each holds the other dead. Taking that over would kill everybody once more; asked, each refutes.
extension Engine {
  /// Whether a death must be asked about: somebody whom we hold living is said to have died, by a peer that compares views with us.
  /// What is news comes by tree or gossip and is believed.
  func isHearsay(of status: MemberStatus, about index: SlotIndex) -> Bool {
    guard status == .dead, uses(.hearsayVerification), case .repair = newsSource else {
      return false
    }
    return table.status(index).isLiving
  }

  /// Tells a member that it is held dead; its ack brings the refutation, its silence confirms. Too many at once are left to the next
  /// comparison.
  mutating func askAccused(
    _ index: SlotIndex, claim: Update.Claim, evidence: Evidence, now: Now, into outbox: inout Outbox
  ) {
    guard !pending.isFull, !pending.isAsking(claim.id) else { return }
    let sequence = drawSequence()
    let timeout = roundTripTimeout
    pending.add(
      PendingPing(
        sequence: sequence, target: claim.id, purpose: .accused(claim, evidence), timeout: timeout,
        retries: Self.accusedRetries))
    timers.set(.pendingPing, key: UInt64(sequence), at: now.monotonic + timeout)
    tellAccused(index, claim: claim, evidence: evidence, sequence: sequence, now: now, into: &outbox)
  }

  /// How often somebody who is said to have died is asked again before the silence is believed.
  private static var accusedRetries: Int { 4 }

  mutating func tellAccused(
    _ index: SlotIndex, claim: Update.Claim, evidence: Evidence, sequence: UInt32, now: Now, into outbox: inout Outbox
  ) {
    guard let endpoint = table.endpoint(index) else { return }
    let start = beginDatagram(.ping, sequence: sequence, target: .unknown, now: now, into: &outbox)
    outbox.bytes.writeField(FieldTag.update) { Update.dead(claim, evidence).write(to: &$0) }
    introduceMyself(into: &outbox)
    endDatagram(from: start, receiver: claim.id, endpoint: endpoint, into: &outbox)
  }

  /// The accused is silent: the death is believed.
  mutating func accusedSilent(_ claim: Update.Claim, evidence: Evidence, now: Now, into outbox: inout Outbox) {
    newsSource = .piggyback
    defer { newsSource = .here }
    _ = apply(.dead(claim, evidence), spreads: true, now: now, into: &outbox)
  }
}
