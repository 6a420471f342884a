/// What a node does about a stall of its own: while it did not run, nobody else was silent.
extension Engine {
  /// Tells that this node itself did not run, or not on time, for `span`.
  ///
  /// The driver calls it before anything else happens, hands over the datagrams that have waited, and only then advances. Probes
  /// whose verdict fell into the stall are void; suspicions move, each by at most `toleratedFreeze` in all. What would be sent again
  /// by now waits once more, for as long as the stall and at most half a period: what was sent first may have been answered meanwhile. On a
  /// machine that cannot keep up, repeats would take the time that the answers need: there news waits as long as answers may lie unread.
  package mutating func stalled(by span: Nanoseconds, now: Now, into outbox: inout Outbox) {
    guard uses(.stallGuard), phase == .admitted || phase == .joining else { return }
    counters.stallsNoticed += 1
    for position in probes.entries.indices where probes[position].verdictAt <= now.monotonic {
      closeStream(of: probes[position], into: &outbox)
    }
    probes.removeAll(dueBy: now.monotonic)
    let respite = min(span, settings.probeInterval / 2)
    probes.postponeVerdicts(by: respite, limit: settings.probeInterval)
    lateness.note(stall: span, now: now.monotonic)
    timers.postpone(Self.patientTimers, dueBy: now.monotonic, to: now.monotonic + respite)
    let patience = max(respite, patience(now: now))
    timers.postpone([.treeForward], dueBy: now.monotonic, to: now.monotonic + patience)
    hearing.excuse(span, now: now.monotonic)
    // Their timers find that the deadline has moved.
    for subject in suspicions.subjects { suspicions[subject]?.excuse(span, limit: settings.toleratedFreeze) }
  }

  /// How much longer this node waits for answers while it runs late again and again; 0 while it does not, 4 s at most.
  func patience(now: Now) -> Nanoseconds { min(lateness.patience(at: now.monotonic), Self.longestPatience) }

  private static let longestPatience = Nanoseconds.seconds(4)

  /// What is sent again, given up, or begun anew when nobody has answered in time.
  private static let patientTimers: [TimerKind] = [
    .probeStep, .pendingPing, .redirect, .stream, .compare,
  ]
}

/// Whether the driver's lateness is a stall.
package enum StallGuard {
  /// A timer this late, or later, means that the process did not run.
  package static let tolerance = Nanoseconds.milliseconds(50)
}
