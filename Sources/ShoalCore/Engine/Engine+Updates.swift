/// Merging news into the table: by precedence, whatever way it came.
extension Engine {
  /// Takes in one update.
  ///
  /// - Parameters:
  ///   - spreads: whether news is passed on by gossip; not when the source is a page that everybody else knows.
  ///   - isVerified: whether the subject itself has just answered, so that hearsay rules do not apply.
  /// - Returns: true when what was offered as alive is known here as dead or left, so that the offerer should be told.
  mutating func apply(
    _ update: Update, spreads: Bool, isVerified: Bool = false, now: Now, into outbox: inout Outbox
  ) -> Bool {
    switch update {
    case .alive(let offered):
      guard offered.id != record.id else {
        applyOwnRecord(offered, now: now, into: &outbox)
        return false
      }
      return applyAlive(offered, spreads: spreads, isVerified: isVerified, now: now, into: &outbox)
    case .suspect(let claim, let evidence):
      if claim.id == record.id {
        refute(accused: claim.incarnation, now: now, into: &outbox)
      } else {
        applyAccusation(claim, status: .suspect, evidence: evidence, now: now, into: &outbox)
      }
    case .dead(let claim, let evidence):
      if claim.id == record.id, plantedBug != .believesItIsDead {
        refute(accused: claim.incarnation, asDead: true, now: now, into: &outbox)
      } else {
        applyAccusation(claim, status: .dead, evidence: evidence, now: now, into: &outbox)
      }
    case .left(let claim, let reason):
      if claim.id == record.id {
        if plantedBug == .evictedRefute {
          refute(accused: record.incarnation, now: now, into: &outbox)
        } else if phase == .admitted, reason == .evicted {
          leave(for: reason, now: now, into: &outbox)
        } else if phase == .admitted {
          stop(.left(reason), into: &outbox)
        }
      } else {
        applyLeft(claim, reason: reason, now: now, into: &outbox)
      }
    }
    return false
  }

  // MARK: Alive

  private mutating func applyAlive(
    _ offered: Record, spreads: Bool, isVerified: Bool, now: Now, into outbox: inout Outbox
  ) -> Bool {
    guard Jump.isAcceptable(from: table.highestSeniority, to: offered.seniority), offered.seniority > 0 else {
      counters.rejectedJump += 1
      return false
    }
    guard let index = table.find(offered.id) else {
      guard !table.isEvicted(offered.id) else {
        answerEvicted(offered, now: now, into: &outbox)
        return true
      }
      applyNewcomer(offered, spreads: spreads, isVerified: isVerified, now: now, into: &outbox)
      return false
    }
    guard Jump.isAcceptable(from: table.incarnation(index), to: offered.incarnation) else {
      counters.rejectedJump += 1
      return false
    }
    let isPlanted = plantedBug == .deadComeBack && table.status(index) == .dead
    guard isPlanted || Precedence(status: .alive, incarnation: offered.incarnation) > table.precedence(index) else {
      applyOlderRecord(offered, at: index, now: now, into: &outbox)
      counters.updatesStale += 1
      return !table.status(index).isLiving
    }
    adopt(offered, at: index, spreads: spreads, now: now, into: &outbox)
    return false
  }

  private mutating func adopt(
    _ offered: Record, at index: SlotIndex, spreads: Bool, now: Now, into outbox: inout Outbox
  ) {
    let before = table.status(index)
    table.adopt(offered, at: index, now: now)
    suspicions[offered.id] = nil
    if !before.isLiving {
      becameLiving(index, now: now)
      antiEntropy.lastReturned = offered.id
    }
    if plantedBug != .recoveryIsSilent || before == .alive {
      outbox.events.append(before == .alive ? .updated(table.member(index)) : .recovered(table.member(index)))
    }
    accepted(index, spreads: spreads, now: now)
    noteMetadata(index, now: now, into: &outbox)
    applyNames(of: offered, now: now, into: &outbox)
  }

  /// A record that does not clear its subject: news when an accusation had overtaken it, or one that contradicts ours.
  private mutating func applyOlderRecord(
    _ offered: Record, at index: SlotIndex, now: Now, into outbox: inout Outbox
  ) {
    let known = table.record(index)
    if offered.incarnation > known.incarnation, offered.incarnation == table.incarnation(index),
      table.status(index).isLiving
    {
      table.complete(offered, at: index)
      antiEntropy.viewChanged(at: now.monotonic)
      outbox.events.append(.updated(table.member(index)))
      noteMetadata(index, now: now, into: &outbox)
    } else if offered.incarnation == known.incarnation, !offered.hasWords(of: known) {
      counters.rejectedConflictingRecord += 1
    }
  }

  private mutating func applyNewcomer(
    _ offered: Record, spreads: Bool, isVerified: Bool, now: Now, into outbox: inout Outbox
  ) {
    guard Jump.isAcceptable(from: 0, to: offered.incarnation) else {
      counters.rejectedJump += 1
      return
    }
    guard table.livingCount < settings.memberLimit else {
      counters.rejectedOverLimit += 1
      return
    }
    if !isVerified, offered.seniority <= table.highestReapedSeniority {
      verify(offered, now: now, into: &outbox)
      return
    }
    // Replaced before it was ever heard of here: there is nothing to remember.
    guard !table.isSuperseded(offered.id) else { return }
    let index = table.insert(offered, now: now)
    if spreads, !newsSource.isRepair { noteNewcomer(index, now: now) }
    becameLiving(index, now: now)
    outbox.events.append(.joined(table.member(index)))
    accepted(index, spreads: spreads, now: now)
    noteMetadata(index, now: now, into: &outbox)
    applyNames(of: offered, now: now, into: &outbox)
  }

  /// A member that was not living is probed from now on, and has a place on the rings.
  mutating func becameLiving(_ index: SlotIndex, now: Now) {
    ring.note(index, due: now.monotonic + settings.ringDelay, in: table)
    hashRing.insert(index)
  }

  private mutating func accepted(_ index: SlotIndex, spreads: Bool, now: Now) {
    counters.updatesApplied += 1
    antiEntropy.viewChanged(at: now.monotonic)
    if spreads { spread(index, now: now) }
  }

  /// An unknown process of low seniority may be a ghost that we have forgotten: it is believed when it answers.
  ///
  /// It is asked three times: where each has forgotten the other, the first ping and the first ack are lost to a challenge.
  private mutating func verify(_ stranger: Record, now: Now, into outbox: inout Outbox) {
    guard !pending.isFull, !pending.isVerifying(stranger.id) else { return }
    let sequence = drawSequence()
    pending.add(
      PendingPing(
        sequence: sequence, target: stranger.id, purpose: .hearsay(stranger), timeout: settings.probeTimeout, retries: 2
      ))
    timers.set(.pendingPing, key: UInt64(sequence), at: now.monotonic + settings.probeTimeout)
    pingStranger(stranger, sequence: sequence, now: now, into: &outbox)
  }

  /// Somebody offers our own record. A higher incarnation than ours was not written by us: raise ours above it.
  private mutating func applyOwnRecord(_ offered: Record, now: Now, into outbox: inout Outbox) {
    if offered.incarnation > record.incarnation { refute(accused: offered.incarnation, now: now, into: &outbox) }
  }

  // MARK: Accusations and goodbyes

  private mutating func applyAccusation(
    _ claim: Update.Claim, status: MemberStatus, evidence: Evidence, now: Now, into outbox: inout Outbox
  ) {
    guard let index = table.find(claim.id) else { return }
    let known = table.incarnation(index)
    guard Jump.isAcceptable(from: known, to: claim.incarnation) else {
      counters.rejectedJump += 1
      return
    }
    guard !isMadeUp(status, evidence: evidence, about: index) else {
      counters.updatesStale += 1
      return
    }
    guard Precedence(status: status, incarnation: claim.incarnation) > table.precedence(index) else {
      if status == .suspect, table.status(index) == .suspect, claim.incarnation == known {
        support(index, evidence: evidence, now: now, into: &outbox)
      }
      counters.updatesStale += 1
      return
    }
    guard !isHearsay(of: status, about: index) else {
      askAccused(index, claim: claim, evidence: evidence, now: now, into: &outbox)
      return
    }
    counters.updatesApplied += 1
    let wasLiving = table.status(index).isLiving
    if status == .suspect {
      suspect(index, incarnation: claim.incarnation, evidence: evidence, now: now, into: &outbox)
      // An accusation of a newer incarnation than the one that died tells that it had come back.
      if !wasLiving { becameLiving(index, now: now) }
      if !wasLiving || known != claim.incarnation { antiEntropy.viewChanged(at: now.monotonic) }
    } else {
      table.setEvidence(evidence, at: index)
      table.setDecidedHere(false, at: index)
      bury(index, as: .dead, reason: nil, incarnation: claim.incarnation, now: now, into: &outbox)
    }
  }

  private mutating func applyLeft(
    _ claim: Update.Claim, reason: LeaveReason, now: Now, into outbox: inout Outbox
  ) {
    guard let index = table.find(claim.id), table.status(index) != .left else {
      counters.updatesStale += 1
      return
    }
    counters.updatesApplied += 1
    bury(index, as: .left, reason: reason, incarnation: table.incarnation(index), now: now, into: &outbox)
  }
}
