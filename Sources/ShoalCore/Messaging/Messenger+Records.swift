/// What travels on a connection that both have agreed on.
extension Messenger {
  /// One frame has come in.
  package mutating func received(
    _ frame: RawSpan, on stream: StreamID, now: Instant, into outbox: inout MessengerOutbox
  ) {
    guard let slot = slotByStream[stream], let connection = sessions[slot]?.connection, connection.stream == stream
    else {
      // A parked connection has said hello, and nothing may follow before the answer.
      if let slot = slotByStream[stream] {
        sessions[slot]?.standby = nil
        refuse(stream, .malformed, into: &outbox)
      }
      return
    }
    sessions[slot]?.connection?.lastHeard = now
    sessions[slot]?.connection?.pingedAt = nil
    mark(slot)
    do throws(ChannelFault) {
      if connection.isOpen {
        try takeRecords(frame, slot: slot, now: now, into: &outbox)
      } else {
        try answered(frame, slot: slot, now: now, into: &outbox)
        if let standby = sessions[slot]?.standby {
          sessions[slot]?.standby = nil
          refuse(standby.stream, .duplicate, into: &outbox)
        }
      }
    } catch {
      fail(slot, error, now: now, into: &outbox)
      if error == .contradiction { end(slot, .endedByPeer, now: now, into: &outbox) }
    }
  }

  private mutating func takeRecords(
    _ frame: RawSpan, slot: Int, now: Instant, into outbox: inout MessengerOutbox
  ) throws(ChannelFault) {
    var reader = ByteReader(frame)
    do {
      while !reader.isAtEnd {
        guard let record = ChannelRecord.parse(try reader.readUInt8()) else { throw ChannelFault.unknownKind }
        switch record.kind {
        case .acknowledgement:
          let expected = try reader.readVarint()
          let window = try reader.readVarint()
          try acknowledged(slot, record.lane, expected, window: window, into: &outbox)
        case .ping:
          // Answered once each flush: a flood of pings earns one pong.
          sessions[slot]?.connection?.owedPong = try reader.readUInt64()
        case .pong: _ = try reader.readUInt64()
        case .firstChunk, .furtherChunk:
          let sequence = try reader.readVarint()
          let isFirst = record.kind == .firstChunk
          let head = isFirst ? try Message(headFrom: &reader) : nil
          let total = isFirst ? try reader.readVarint() : 0
          guard total <= UInt64(settings.limit(of: head?.kind ?? .send)) else { throw ChannelFault.messageTooLong }
          let length = try reader.readLength()
          guard length <= ChunkLimits.bytes else { throw ChannelFault.wrongLength }
          let chunk = try reader.readSpan(length)
          let taken = try take(slot, record.lane, sequence, head: head, total: Int(total), chunk: chunk)
          if record.isPressing { sessions[slot]?.receiving[record.lane].isPressing = true }
          sessions[slot]?.connection?.lastUsed = now
          settle(slot, record.lane, taken, bytes: length, now: now, into: &outbox)
        }
      }
    } catch let error as ChannelFault {
      throw error
    } catch {
      throw (error as? WireError).map { ChannelFault($0) } ?? .malformed
    }
  }

  private mutating func take(
    _ slot: Int, _ lane: MessageLane, _ sequence: UInt64, head: Message?, total: Int, chunk: RawSpan
  ) throws(ChannelFault) -> ReceiveLane.Taken {
    if let head {
      return try sessions[slot]?.receiving[lane].takeFirst(
        sequence, head: head, total: total, chunk: chunk, bug: plantedBug) ?? .duplicate
    }
    return try sessions[slot]?.receiving[lane].takeFurther(sequence, chunk: chunk, bug: plantedBug) ?? .duplicate
  }

  /// What a chunk has led to: memory that is used or free, a message that is handed over, an acknowledgement that is owed.
  private mutating func settle(
    _ slot: Int, _ lane: MessageLane, _ taken: ReceiveLane.Taken, bytes: Int, now: Instant,
    into outbox: inout MessengerOutbox
  ) {
    switch taken {
    case .duplicate: counters.duplicateChunks += 1
    case .partial: assembly.add(bytes)
    case .whole(let message):
      sessions[slot]?.attempts = 0
      if message.payload.count > bytes {
        assembly.release(message.payload.count - bytes, slot: slot, lane: lane)
      }
      sessions[slot]?.receiving[lane].hold(ChunkLimits.cost(of: message.payload.count))
      counters.messagesReceived += 1
      counters.payloadBytesReceived += UInt64(message.payload.count)
      hand(over: message, slot: slot, lane: lane, into: &outbox)
    }
    oweAcknowledgement(slot, lane, now: now)
  }

  private mutating func hand(
    over message: Message, slot: Int, lane: MessageLane, into outbox: inout MessengerOutbox
  ) {
    guard let peer = sessions[slot]?.peer, let generation = sessions[slot]?.generation else { return }
    let event = MessengerEvent.received(
      message, from: MessengerEvent.Origin(peer: peer, generation: generation, lane: lane))
    guard plantedBug == .swapsNeighbours else {
      outbox.events.append(event)
      return
    }
    if let neighbour = sessions[slot]?.neighbour {
      outbox.events.append(event)
      outbox.events.append(neighbour)
      sessions[slot]?.neighbour = nil
    } else if message.number % 16 == 0 {
      sessions[slot]?.neighbour = event
    } else {
      outbox.events.append(event)
    }
  }

  private mutating func oweAcknowledgement(_ slot: Int, _ lane: MessageLane, now: Instant) {
    guard let session = sessions[slot], let connection = session.connection else { return }
    let prompt = min(
      MessagingSettings.promptBytes, settings.share(connections: openConnections) / MessagingSettings.promptFraction)
    if session.receiving[lane].isPressing || session.receiving[lane].unacknowledged >= prompt {
      sessions[slot]?.connection?.acknowledgesNow = true
    } else if connection.acknowledgeBy == nil {
      sessions[slot]?.connection?.acknowledgeBy = now + settings.acknowledgementDelay
    }
  }

  private mutating func acknowledged(
    _ slot: Int, _ lane: MessageLane, _ expected: UInt64, window: UInt64, into outbox: inout MessengerOutbox
  ) throws(ChannelFault) {
    guard let peer = sessions[slot]?.peer, let before = sessions[slot]?.sending[lane].cost else { return }
    let isProgress = try sessions[slot]?.sending[lane].acknowledge(expected, window: window) { message in
      Self.finish(message, to: peer, .delivered, counters: &counters, into: &outbox)
    }
    if isProgress == true { sessions[slot]?.attempts = 0 }
    laneCosts[lane] -= before - (sessions[slot]?.sending[lane].cost ?? 0)
  }

  // MARK: Writing

  /// Fills frames with what waits, as long as the connection takes them and the burst is not over.
  mutating func pump(_ slot: Int, now: Instant, into outbox: inout MessengerOutbox) {
    var budget = MessagingSettings.burstBytes
    while let connection = sessions[slot]?.connection, connection.isOpen, connection.isWritable {
      let start = outbox.bytes.count
      writeControl(slot, connection, into: &outbox)
      let hasData = fill(slot, frameStart: start, into: &outbox)
      if hasData {
        sessions[slot]?.connection?.lastUsed = now
        // What is owed rides along.
        if outbox.bytes.count - start < MessagingSettings.frameBytes - ChunkLimits.headBytes {
          acknowledge(slot, onlyIfOwed: true, into: &outbox)
        }
      }
      guard outbox.bytes.count > start else { return }
      counters.framesWritten += 1
      outbox.actions.append(.write(connection.stream, start..<outbox.bytes.count))
      guard hasData else { return }
      budget -= outbox.bytes.count - start
      guard budget > 0 else {
        // The driver says when there is room for more.
        sessions[slot]?.connection?.isWritable = false
        return
      }
    }
  }

  private mutating func writeControl(
    _ slot: Int, _ connection: Session.Connection, into outbox: inout MessengerOutbox
  ) {
    if let token = connection.owedPong {
      outbox.bytes.write(ChannelRecord.pong.tag())
      outbox.bytes.write(token)
      sessions[slot]?.connection?.owedPong = nil
    }
    if connection.acknowledgesNow { acknowledge(slot, onlyIfOwed: false, into: &outbox) }
  }

  /// Tells the peer what is here and how much more may come.
  private mutating func acknowledge(_ slot: Int, onlyIfOwed: Bool, into outbox: inout MessengerOutbox) {
    let share = settings.share(connections: openConnections)
    for lane in MessageLane.allCases {
      guard let state = sessions[slot]?.receiving[lane] else { return }
      let isOwed = state.unacknowledged > 0 || state.isPressing
      guard isOwed || (!onlyIfOwed && state.wantsUpdate(share: share)) else { continue }
      let mayGrow = state.partial == nil || assembly.admits(slot, lane)
      let window = mayGrow ? state.window(share: share) : 0
      outbox.bytes.write(ChannelRecord.acknowledgement.tag(lane: lane))
      outbox.bytes.writeVarint(state.expected)
      outbox.bytes.writeVarint(UInt64(window))
      sessions[slot]?.receiving[lane].told(window: window)
      counters.acknowledgementsWritten += 1
    }
    sessions[slot]?.connection?.acknowledgesNow = false
    sessions[slot]?.connection?.acknowledgeBy = nil
  }

  /// Deficit round robin over the lanes (Shreedhar and Varghese 1995), until the frame is full or nothing more may be sent.
  private mutating func fill(_ slot: Int, frameStart: Int, into outbox: inout MessengerOutbox) -> Bool {
    guard var turn = sessions[slot]?.turn, var isMidTurn = sessions[slot]?.isMidTurn else { return false }
    var isAnyWritten = false
    var idleLanes = 0
    var isFull = false
    while idleLanes < MessageLane.allCases.count, !isFull {
      let isWritten = spend(
        slot, turn, isMidTurn: isMidTurn, frameStart: frameStart, isFull: &isFull, into: &outbox)
      isAnyWritten = isAnyWritten || isWritten
      idleLanes = isWritten ? 0 : idleLanes + 1
      // A turn that the end of a frame has cut short goes on in the next one.
      isMidTurn = isFull
      if !isFull { turn = turn.next }
    }
    sessions[slot]?.turn = turn
    sessions[slot]?.isMidTurn = isMidTurn
    return isAnyWritten
  }

  /// One lane's turn: sends what its deficit allows.
  private mutating func spend(
    _ slot: Int, _ lane: MessageLane, isMidTurn: Bool, frameStart: Int, isFull: inout Bool,
    into outbox: inout MessengerOutbox
  ) -> Bool {
    var isWritten = false
    guard sessions[slot]?.sending[lane].nextCost != nil else {
      sessions[slot]?.sending[lane].deficit = 0
      return false
    }
    if !isMidTurn { sessions[slot]?.sending[lane].deficit += MessagingSettings.quantum }
    while let cost = sessions[slot]?.sending[lane].nextCost, let deficit = sessions[slot]?.sending[lane].deficit,
      cost <= deficit
    {
      // The cost of a chunk is its bytes and more than its head takes, but for a long name and a context.
      guard outbox.bytes.count - frameStart + cost + Message.headLimit <= MessagingSettings.frameBytes else {
        isFull = true
        return isWritten
      }
      sessions[slot]?.sending[lane].writeNext(into: &outbox.bytes)
      sessions[slot]?.sending[lane].deficit = deficit - cost
      isWritten = true
    }
    return isWritten
  }

  // MARK: Room

  /// Has the peer told when much room has come free in a lane.
  mutating func offerRoom(_ slot: Int, lane: MessageLane) {
    guard let session = sessions[slot], session.connection?.isOpen == true,
      session.receiving[lane].wantsUpdate(share: settings.share(connections: openConnections))
    else { return }
    sessions[slot]?.connection?.acknowledgesNow = true
    mark(slot)
  }

  /// Lets messages go on that waited for memory.
  mutating func offerReleasedMemory() {
    guard assembly.hasRoomAgain else { return }
    assembly.roomWasOffered()
    for slot in sessions.indices {
      for lane in MessageLane.allCases where sessions[slot]?.receiving[lane].partial != nil {
        offerRoom(slot, lane: lane)
      }
    }
  }

  // MARK: Time

  /// A deadline of a session has come.
  mutating func expire(_ slot: Int, now: Instant, into outbox: inout MessengerOutbox) {
    guard let session = sessions[slot] else { return }
    guard let connection = session.connection else {
      if let due = session.absenceDeadline(settings), due <= now { clientGone(session.peer, now: now, into: &outbox) }
      return
    }
    guard connection.isOpen else {
      if connection.since + settings.keepAliveTimeout <= now { fail(slot, .greetingTimedOut, now: now, into: &outbox) }
      return
    }
    if let acknowledgeBy = connection.acknowledgeBy, acknowledgeBy <= now {
      sessions[slot]?.connection?.acknowledgesNow = true
    }
    if session.idleDeadline(connection, settings) <= now {
      counters.channelsIdle += 1
      if isClient { end(slot, nil, now: now, into: &outbox) } else { disconnect(slot, fault: nil, into: &outbox) }
    } else if session.pingDeadline(connection, settings) <= now {
      if connection.pingedAt == nil {
        ping(slot, connection, now: now, into: &outbox)
      } else {
        fail(slot, .silent, now: now, into: &outbox)
      }
    }
  }

  /// Asks whether the peer is still there.
  private mutating func ping(
    _ slot: Int, _ connection: Session.Connection, now: Instant, into outbox: inout MessengerOutbox
  ) {
    sessions[slot]?.connection?.pingedAt = now
    counters.pingsSent += 1
    let start = outbox.bytes.count
    outbox.bytes.write(ChannelRecord.ping.tag())
    outbox.bytes.write(counters.pingsSent)
    outbox.actions.append(.write(connection.stream, start..<outbox.bytes.count))
  }
}
