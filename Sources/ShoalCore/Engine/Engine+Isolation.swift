/// A node that hears nobody is cut off itself: it says so, accuses nobody, and waits long before it believes that all have gone.
extension Engine {
  /// Takes note that a member was heard.
  mutating func heard(_ sender: NodeID, now: Now, into outbox: inout Outbox) {
    hearing.heard(sender, at: now.monotonic)
    guard isIsolated else { return }
    isIsolated = false
    outbox.events.append(.isolationEnded)
    // What was held against others while this node heard nobody says nothing about them.
    for subject in suspicions.subjects where suspicions[subject]?.isPublic == false {
      endProbes(of: subject, into: &outbox)
      suspicions[subject] = nil
    }
  }

  /// Looks, once a period, whether anybody has been heard.
  mutating func watchIsolation(now: Now, into outbox: inout Outbox) {
    guard uses(.isolation), table.livingCount >= 3 else {
      if isIsolated, table.livingCount < 3 {
        isIsolated = false
        outbox.events.append(.isolationEnded)
      }
      return
    }
    let silence = hearing.silence(at: now.monotonic)
    if !isIsolated, silence > 3 * settings.probeInterval {
      isIsolated = true
      counters.isolations += 1
      outbox.events.append(.isolated)
    }
    guard isIsolated else { return }
    damping.gap(at: now.monotonic, isIsolated: true)
    if silence > settings.isolationPatience { buryAll(now: now, into: &outbox) }
  }

  /// Nobody was heard for so long that this node takes itself for the last one.
  private mutating func buryAll(now: Now, into outbox: inout Outbox) {
    for index in table.living where index != myIndex {
      table.setEvidence(Evidence(accuser: record.id, paths: .alone), at: index)
      counters.deathsDeclared += 1
      endProbes(of: table.id(index), into: &outbox)
      bury(index, as: .dead, reason: nil, incarnation: table.incarnation(index), now: now, into: &outbox)
      table.setDecidedHere(true, at: index)
    }
    isIsolated = false
    outbox.events.append(.isolationEnded)
  }

  // MARK: What was made up in isolation

  /// Whether a death is not believed: its accuser heard nobody, and we hear the subject, or will find out for ourselves.
  func isMadeUp(_ status: MemberStatus, evidence: Evidence, about index: SlotIndex) -> Bool {
    status == .dead && evidence.paths.contains(.alone) && table.status(index).isLiving
  }

  /// Somebody holds a member living that we buried when we heard nobody: the member is told so, and refutes if it lives.
  mutating func askBuriedAlone(_ index: SlotIndex, now: Now, into outbox: inout Outbox) {
    ping(index, for: .heal, timeout: settings.probeTimeout, now: now, into: &outbox)
  }

  func isBuriedAlone(_ index: SlotIndex) -> Bool {
    table.status(index) == .dead && table.evidence(index)?.paths.contains(.alone) == true
  }

  // MARK: Paths

  /// Remembers who answers only by detours, so that a link that fails in one place can be told apart from a sick member.
  mutating func noteReached(_ id: NodeID, directly: Bool, via helper: NodeID?, now: Now) {
    if directly {
      detours.remove(id)
    } else {
      counters.detoursTaken += 1
      detours.note(id, via: helper == id ? nil : helper, wallMilliseconds: now.wallMilliseconds)
    }
  }
}
