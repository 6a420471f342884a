/// Making connections, agreeing on where a session stands, and losing them again.
///
/// ```
///             ┌── dial failed, closed: waits, then dials again ◀──┐
/// nothing ─▶ dialling ─▶ greeting (hello sent) ─▶ open ───────────┤
///     └──────── hello came from the peer, answered ──▶ open ──────┘
/// ```
extension Messenger {
  /// A dial has led to a stream that is ready; the peer has been authenticated.
  package mutating func opened(_ stream: StreamID, peer: NodeID, now: Instant, into outbox: inout MessengerOutbox) {
    let slot = place(of: peer)
    guard let session = sessions[slot] else { return }
    sessions[slot]?.isDialling = false
    // Nobody needs it any more: the peer is gone, or its own connection was taken meanwhile.
    guard !isStopped, !session.isGone, session.connection == nil else {
      outbox.actions.append(.close(stream, fault: session.connection == nil ? nil : .duplicate))
      return
    }
    sessions[slot]?.connection = Session.Connection(stream: stream, isOurs: true, now: now)
    slotByStream[stream] = slot
    sayHello(slot, isAnswer: false, into: &outbox)
    mark(slot)
  }

  /// A dial has failed.
  package mutating func dialFailed(_ peer: NodeID, now: Instant, into outbox: inout MessengerOutbox) {
    let slot = place(of: peer)
    guard sessions[slot]?.isDialling == true else { return }
    sessions[slot]?.isDialling = false
    counters.channelsFailed += 1
    connectionLost(slot, now: now, into: &outbox)
  }

  /// A peer has connected; `frame` is its hello.
  ///
  /// - Parameter isClient: whether it is no member, and so cannot be dialled.
  package mutating func accepted(
    _ stream: StreamID, peer: NodeID, hello frame: RawSpan, isClient: Bool = false, now: Instant,
    into outbox: inout MessengerOutbox
  ) {
    let hello: ChannelHello
    do throws(WireError) {
      var reader = ByteReader(frame)
      hello = try ChannelHello(from: &reader)
      guard !hello.isAnswer else { throw .malformed }
    } catch {
      refuse(stream, ChannelFault(error), into: &outbox)
      // A client that never got as far as a session.
      if isClient, generation(of: peer) == nil { outbox.events.append(.clientGone(peer)) }
      return
    }
    let slot = place(of: peer)
    guard let session = sessions[slot] else { return }
    if isClient {
      session.isWithClient = true
      mark(slot)
    }
    guard !isStopped, !session.isGone else {
      refuse(stream, .notMember, into: &outbox)
      return
    }
    switch session.verdict(on: hello, from: peer, at: identity) {
    case .take: take(stream, hello: hello, slot: slot, now: now, into: &outbox)
    case .park:
      if let older = session.standby { forget(older.stream, fault: .duplicate, into: &outbox) }
      sessions[slot]?.standby = (stream, hello)
      slotByStream[stream] = slot
    case .refuse: refuse(stream, .duplicate, into: &outbox)
    }
    mark(slot)
  }

  /// A stream has ended that was not closed from here.
  package mutating func closed(_ stream: StreamID, now: Instant, into outbox: inout MessengerOutbox) {
    guard let slot = slotByStream.removeValue(forKey: stream), let session = sessions[slot] else { return }
    if session.standby?.stream == stream {
      sessions[slot]?.standby = nil
      return
    }
    guard session.connection?.stream == stream else { return }
    dropConnection(slot)
    counters.channelsFailed += 1
    connectionLost(slot, now: now, into: &outbox)
  }

  /// A stream takes more again, or no more for now.
  package mutating func writable(_ stream: StreamID, _ isWritable: Bool) {
    guard let slot = slotByStream[stream], sessions[slot]?.connection?.stream == stream else { return }
    sessions[slot]?.connection?.isWritable = isWritable
    if isWritable { mark(slot) }
  }

  // MARK: Agreeing

  /// Uses a connection that the peer has made: answers its hello.
  private mutating func take(
    _ stream: StreamID, hello: ChannelHello, slot: Int, now: Instant, into outbox: inout MessengerOutbox
  ) {
    if let standby = sessions[slot]?.standby, standby.stream == stream {
      sessions[slot]?.standby = nil
      slotByStream[stream] = nil
    }
    if sessions[slot]?.connection != nil { disconnect(slot, fault: .duplicate, into: &outbox) }
    do throws(ChannelFault) {
      try agree(on: hello, slot: slot, now: now, into: &outbox)
    } catch {
      refuse(stream, error, into: &outbox)
      end(slot, .endedByPeer, now: now, into: &outbox)
      return
    }
    sessions[slot]?.connection = Session.Connection(stream: stream, isOurs: false, now: now)
    slotByStream[stream] = slot
    let known = sessions[slot]?.connections ?? 0
    sessions[slot]?.connections = max(known, hello.connection) &+ 1
    sayHello(slot, isAnswer: true, into: &outbox)
    ready(slot)
  }

  /// The peer has answered our hello.
  mutating func answered(_ frame: RawSpan, slot: Int, now: Instant, into outbox: inout MessengerOutbox)
    throws(ChannelFault)
  {
    let hello: ChannelHello
    do throws(WireError) {
      var reader = ByteReader(frame)
      hello = try ChannelHello(from: &reader)
      guard hello.isAnswer else { throw .malformed }
    } catch { throw ChannelFault(error) }
    guard hello.generation >= sessions[slot]?.generation ?? 0,
      Jump.isAcceptable(from: sessions[slot]?.connections ?? 0, to: hello.connection)
    else { throw .contradiction }
    let connection = sessions[slot]?.connection
    // An end closes the connection that it was spoken of on; this one is to live on.
    sessions[slot]?.connection = nil
    let agreed: Result<Void, ChannelFault>
    do throws(ChannelFault) {
      try agree(on: hello, slot: slot, now: now, into: &outbox)
      agreed = .success(())
    } catch { agreed = .failure(error) }
    sessions[slot]?.connection = connection
    try agreed.get()
    sessions[slot]?.connections = hello.connection
    ready(slot)
  }

  /// Both have said where they stand: the higher generation holds, and in it all is sent that the other side does not have.
  private mutating func agree(
    on hello: ChannelHello, slot: Int, now: Instant, into outbox: inout MessengerOutbox
  ) throws(ChannelFault) {
    guard let session = sessions[slot] else { return }
    guard Jump.isAcceptable(from: session.generation, to: hello.generation),
      Jump.isAcceptable(from: session.connections, to: hello.connection)
    else { throw .contradiction }
    if hello.generation > session.generation {
      // What was never exchanged in a generation need not end with it.
      if session.isEstablished { end(slot, .endedByPeer, now: now, into: &outbox) }
      sessions[slot]?.generation = hello.generation
    }
    let isPeerBehind = hello.generation < session.generation
    for lane in MessageLane.allCases {
      // Whoever is behind begins this generation now, whatever it had in another.
      let position = isPeerBehind ? ChannelHello.Position(expected: 0, window: hello[lane].window) : hello[lane]
      let before = sessions[slot]?.sending[lane].cost ?? 0
      try sessions[slot]?.sending[lane].resume(at: position, bug: plantedBug) { message in
        Self.finish(message, to: session.peer, .delivered, counters: &counters, into: &outbox)
      }
      laneCosts[lane] -= before - (sessions[slot]?.sending[lane].cost ?? 0)
    }
    sessions[slot]?.isEstablished = true
    sessions[slot]?.owesGreeting = false
  }

  private mutating func sayHello(_ slot: Int, isAnswer: Bool, into outbox: inout MessengerOutbox) {
    guard let session = sessions[slot], let connection = session.connection else { return }
    let share = settings.share(connections: openConnections + 1)
    let start = outbox.bytes.count
    let hello = session.hello(isAnswer: isAnswer, share: share)
    hello.write(to: &outbox.bytes)
    outbox.actions.append(.write(connection.stream, start..<outbox.bytes.count))
    for lane in MessageLane.allCases { sessions[slot]?.receiving[lane].restart(window: Int(hello[lane].window)) }
  }

  /// Both hellos are through.
  private mutating func ready(_ slot: Int) {
    sessions[slot]?.connection?.isOpen = true
    sessions[slot]?.redialAt = nil
    openConnections += 1
    counters.channelsOpened += 1
    mark(slot)
  }

  // MARK: Losing

  /// Dials if something waits, and neither a connection nor a dial nor a wait for one is under way.
  mutating func dialIfNeeded(_ slot: Int, now: Instant, into outbox: inout MessengerOutbox) {
    guard let session = sessions[slot], session.needsConnection, session.connection == nil, !session.isDialling,
      !session.isWithClient, session.redialAt.map({ $0 <= now }) ?? true
    else { return }
    sessions[slot]?.isDialling = true
    sessions[slot]?.redialAt = nil
    counters.channelsDialled += 1
    outbox.actions.append(.dial(session.peer))
  }

  /// A connection, or the attempt to make one, has ended: takes the peer's if one waits, or waits before dialling again.
  mutating func connectionLost(_ slot: Int, now: Instant, into outbox: inout MessengerOutbox) {
    // The member cannot dial a client, and may have something for it.
    if isClient, let session = sessions[slot], session.isEstablished { session.owesGreeting = true }
    if let standby = sessions[slot]?.standby {
      take(standby.stream, hello: standby.hello, slot: slot, now: now, into: &outbox)
    } else if let attempts = sessions[slot]?.attempts {
      let doubled = settings.redialInterval << min(attempts, 20)
      let wait = min(doubled, settings.redialLimit)
      sessions[slot]?.redialAt = now + wait / 2 + random.jitter(wait / 2)
      sessions[slot]?.attempts = attempts + 1
    }
    mark(slot)
  }

  /// Closes a connection whose peer has broken a rule, or is silent; the session goes on with the next one.
  mutating func fail(_ slot: Int, _ fault: ChannelFault, now: Instant, into outbox: inout MessengerOutbox) {
    guard let connection = sessions[slot]?.connection else { return }
    counters.count(fault)
    dropConnection(slot)
    forget(connection.stream, fault: fault, into: &outbox)
    connectionLost(slot, now: now, into: &outbox)
  }

  /// Closes whatever connections a session has.
  mutating func disconnect(_ slot: Int, fault: ChannelFault?, into outbox: inout MessengerOutbox) {
    if let connection = sessions[slot]?.connection {
      dropConnection(slot)
      forget(connection.stream, fault: fault, into: &outbox)
    }
    if let standby = sessions[slot]?.standby {
      sessions[slot]?.standby = nil
      forget(standby.stream, fault: fault, into: &outbox)
    }
  }

  private mutating func dropConnection(_ slot: Int) {
    if sessions[slot]?.connection?.isOpen == true { openConnections -= 1 }
    sessions[slot]?.connection = nil
  }

  private mutating func forget(_ stream: StreamID, fault: ChannelFault?, into outbox: inout MessengerOutbox) {
    slotByStream[stream] = nil
    outbox.actions.append(.close(stream, fault: fault))
  }

  mutating func refuse(_ stream: StreamID, _ fault: ChannelFault, into outbox: inout MessengerOutbox) {
    counters.count(fault)
    slotByStream[stream] = nil
    outbox.actions.append(.close(stream, fault: fault))
  }
}

extension Session {
  enum Verdict {
    /// The new connection is used, and any other closed.
    case take
    /// It waits until our own dial has failed.
    case park
    case refuse
  }

  /// What is done with a connection that the peer has made, while there may be one already or a dial of ours.
  ///
  /// Of two that cross, the one that the lower NodeID has dialled is kept. They cross when the peer has dialled before it knew of ours.
  func verdict(on hello: ChannelHello, from peer: NodeID, at identity: NodeID) -> Verdict {
    guard let connection else { return isDialling && identity < peer ? .park : .take }
    // A peer dials one at a time: it has given up the one before.
    guard connection.isOurs else { return .take }
    guard connection.isOpen else { return identity < peer ? .park : .take }
    if hello.connection >= connections { return .take }
    return identity < peer ? .refuse : .take
  }
}
