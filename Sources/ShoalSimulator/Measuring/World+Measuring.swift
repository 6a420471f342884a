import ShoalCore

/// Where a world tells its measurement what happens.
extension World {
  /// Begins to measure, forgetting what was measured before.
  package func beginMeasuring() { measurement = Measurement() }

  /// Begins to keep what pictures are drawn from, forgetting what was kept before.
  package func beginRecording() { recorder = SeriesRecorder(distinctViews: tally.distinct, at: now) }

  func measure(_ node: VirtualNode) {
    guard measurement != nil else { return }
    measurement?.observe(node, at: now)
  }

  func measure(_ event: Event, by node: VirtualNode, about subject: VirtualNode?) {
    guard measurement != nil else { return }
    measurement?.observe(event, by: node, about: subject, at: now)
    if recorder != nil, case .suspected(let member) = event, measurement?.watches(member.id) == true {
      recorder?.suspected(member.id, by: node.index, at: now)
    }
  }

  func measure(datagram bytes: Range<Int>) {
    guard measurement?.countsCopies == true else { return }
    outbox.withBytes(bytes) { span in
      CarriedNews.forEachClaim(inDatagram: span) { measurement?.countCopy(of: $0) }
    }
  }

  func measure(frame bytes: Range<Int>) {
    guard measurement?.countsCopies == true else { return }
    outbox.withBytes(bytes) { span in
      CarriedNews.forEachClaim(inFrame: span) { measurement?.countCopy(of: $0) }
    }
  }
}
