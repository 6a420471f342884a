/// The TCP ping: a connection shows more than a datagram. Answered, the process lives; refused, it is gone; accepted and silent,
/// it is paused, for the kernel answers without it.
extension Engine {
  mutating func dialProbe(_ position: Int, _ target: SlotIndex, into outbox: inout Outbox) {
    guard let endpoint = table.endpoint(target), streams.count < settings.streamLimit else { return }
    let id = streams.drawID()
    streams[id] = .probing(sequence: probes[position].sequence)
    probes[position].stream = probes[position].stream == .refusedOnce ? .diallingAgain(id) : .dialling(id)
    outbox.streamActions.append(.dial(id, endpoint, expected: table.id(target)))
  }

  /// Tells that a dialled connection was accepted by the far kernel; whether a process answers there is not known yet.
  package mutating func streamConnected(_ id: StreamID, now: Now, into outbox: inout Outbox) {
    guard case .probing = streams[id], let position = probes.position(on: id) else { return }
    probes[position].stream = .connected(id)
  }

  /// The process itself has answered: as good as an ack, by another way.
  mutating func probeStreamOpened(_ id: StreamID, now: Now, into outbox: inout Outbox) {
    drop(id, into: &outbox)
    guard let position = probes.position(on: id) else { return }
    let target = probes[position].target
    probes[position].stream = .inconclusive
    if probes[position].purpose == .periodic { counters.probesAcked += 1 }
    counters.streamPingsAnswered += 1
    noteReached(target, directly: false, via: nil, now: now)
    answered(target, now: now, into: &outbox)
  }

  mutating func probeStreamClosed(_ id: StreamID, failure: StreamFailure, now: Now, into outbox: inout Outbox) {
    guard let position = probes.position(on: id) else { return }
    if failure == .refused, uses(.streamEvidence) {
      let isSecond = probes[position].stream == .diallingAgain(id)
      probes[position].stream = isSecond ? .refusedTwice : .refusedOnce
      // Refused after the step that would have asked again: asked again now.
      if !isSecond, probes[position].steps >= 3, let target = table.find(probes[position].target) {
        dialProbe(position, target, into: &outbox)
      }
    } else {
      probes[position].stream = .inconclusive
    }
    _ = concludeIfDecided(position, now: now, into: &outbox)
  }

  mutating func closeStream(of probe: Probe, into outbox: inout Outbox) {
    if let id = probe.stream.stream, streams[id] != nil { drop(id, into: &outbox) }
  }
}
