/// One living process for each name: a restart replaces its predecessor, and of two rivals the junior goes.
extension Engine {
  /// What the name in a newly adopted record means for others of that name.
  mutating func applyNames(of adopted: Record, now: Now, into outbox: inout Outbox) {
    if let older = adopted.supersedes {
      table.noteSuperseded(older)
      if older == record.id {
        stop(.left(.superseded), into: &outbox)
        return
      }
      if let index = table.find(older), table.status(index) != .left {
        bury(
          index, as: .left, reason: .superseded, incarnation: table.incarnation(index), now: now, into: &outbox)
      }
    }
    let isSenior = (adopted.seniority, adopted.id) < (record.seniority, record.id)
    if adopted.hasName(of: record), isSenior, record.supersedes != adopted.id {
      rival = adopted.id
      checkRival(now: now, into: &outbox)
    }
  }

  /// Asks a more senior process with our name whether it lives; its ack makes us go. A ghost never answers.
  mutating func checkRival(now: Now, into outbox: inout Outbox) {
    guard let rival else { return }
    guard let index = table.find(rival), table.status(index).isLiving else {
      self.rival = nil
      return
    }
    ping(index, for: .rival, timeout: settings.probeTimeout, now: now, into: &outbox)
  }

  /// Leaves, because a more senior living process has our name.
  mutating func yieldName(now: Now, into outbox: inout Outbox) {
    guard let myIndex, phase == .admitted else { return }
    bury(myIndex, as: .left, reason: .nameConflict, incarnation: record.incarnation, now: now, into: &outbox)
    queue.enqueue(myIndex, in: &table)
    gossipNow(fanout: settings.farewellFanout, now: now, into: &outbox)
    stop(.left(.nameConflict), into: &outbox)
  }
}
