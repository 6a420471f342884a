/// Total order beside the other orders: carries what it says, and hands over what it has put in its place.
extension Broadcaster {
  /// The reign that this node follows has changed.
  package mutating func reignChanged(_ reign: OrderReign?, now: Instant, into outbox: inout BroadcastOutbox) {
    order.follow(reign, now: now)
    carryOutOrder(now: now, into: &outbox)
  }

  /// The answer to `askForMembers`: the other living members of this node's view.
  package mutating func membersKnown(_ members: [NodeID], now: Instant, into outbox: inout BroadcastOutbox) {
    order.membersKnown(members, now: now)
    carryOutOrder(now: now, into: &outbox)
  }

  /// A member is there, or there again.
  package mutating func peerCame(_ peer: NodeID, now: Instant, into outbox: inout BroadcastOutbox) {
    remember(peer)
    order.memberCame(peer, now: now)
    carryOutOrder(now: now, into: &outbox)
  }

  /// Nobody waits any more for a publication that had no place in its order yet, and was given to nobody: it is taken back, and settles at
  /// once. False for all others.
  package mutating func withdraw(message: UInt64, now: Instant, into outbox: inout BroadcastOutbox) -> Bool {
    let isWithdrawn = order.withdraw(message: message)
    carryOutOrder(now: now, into: &outbox)
    return isWithdrawn
  }

  /// Whether this node gives publications their places, as coordinator.
  package var isSequencing: Bool { order.sequencer != nil }

  /// To be told before every other call, while it does: the epoch of its reign that holds at this moment. While it is another one, or none,
  /// publications wait.
  package mutating func noteReign(_ epoch: UInt64?) { order.mayGivePlaces = epoch == order.sequencer?.reign.epoch }

  /// Whether it has either no place in total order, or one under the reign that it follows.
  package var isInPlace: Bool { order.isInPlace }

  /// What it holds of totally ordered topics, in bytes.
  package var orderCost: Int { order.cost }

  mutating func publishOrdered(
    _ payload: [UInt8], message: UInt64, to topic: Topic, correlation: CorrelationID, context: MessageContext,
    members: [NodeID], now: Instant, into outbox: inout BroadcastOutbox
  ) {
    let isTaken = order.publish(
      payload, message: message, to: topic, correlation: correlation, context: context, members: members, now: now)
    if !isTaken {
      outbox.events.append(
        .settled(
          message: message, payloadBytes: payload.count,
          BroadcastProgress(failed: members.map { ($0, .refused(.full)) })))
    }
    carryOutOrder(now: now, into: &outbox)
  }

  mutating func takeOrder(
    _ message: Message, from peer: NodeID, now: Instant, into outbox: inout BroadcastOutbox
  ) throws(WireError) {
    let (epoch, read) = try OrderMessage.read(message)
    order.received(read, epoch: epoch, from: peer, now: now)
    carryOutOrder(now: now, into: &outbox)
  }

  /// A publication that its sequencer has given its place.
  mutating func take(
    _ publication: Publication, _ stamp: OrderStamp, now: Instant, into outbox: inout BroadcastOutbox
  ) {
    let entry = OrderedEntry(
      number: stamp.number, publisher: stamp.publisher, publisherNumber: stamp.publisherNumber,
      message: publication.message, correlation: publication.correlation, topicName: publication.topic.name,
      context: publication.context, payload: publication.payload)
    order.arrived(
      entry, reign: OrderReign(epoch: stamp.epoch, sequencer: publication.key.publisher), stable: stamp.stable,
      now: now)
    carryOutOrder(now: now, into: &outbox)
  }

  /// One of the messages about the order has got its outcome.
  mutating func noteOrderRead(_ number: UInt64, by peer: NodeID) {
    guard orderMessages.remove(number) != nil else { return }
    let count = (orderUnread[peer] ?? 0) - 1
    orderUnread[peer] = count > 0 ? count : nil
  }

  mutating func orderNotTaken(by peer: NodeID, now: Instant, into outbox: inout BroadcastOutbox) {
    order.notTaken(by: peer, now: now)
    carryOutOrder(now: now, into: &outbox)
  }

  // MARK: Carrying out

  /// Does what total order wants done, and hands over what is next, as fast as the application takes it.
  mutating func carryOutOrder(now: Instant, into outbox: inout BroadcastOutbox) {
    repeat {
      while unhandledCost <= settings.waitingLimit, let (entry, reign) = order.takeNext() {
        handOver(entry, under: reign, into: &outbox)
      }
      let effects = order.takeEffects()
      guard !effects.isEmpty else { return }
      for effect in effects { carryOut(effect, now: now, into: &outbox) }
    } while true
  }

  private mutating func carryOut(_ effect: OrderEffect, now: Instant, into outbox: inout BroadcastOutbox) {
    switch effect {
    case .tell(let message, let epoch, let peer) where peer == identity:
      order.received(message, epoch: epoch, from: identity, now: now)
    case .tell(let message, let epoch, let peer):
      guard message.isBulky || orderUnread[peer] ?? 0 < BroadcastSettings.orderUnreadLimit else { return }
      let number = takeMessageNumber()
      if !message.isBulky {
        orderUnread[peer, default: 0] += 1
        orderMessages.insert(number)
      }
      outbox.actions.append(
        .send(
          Message(
            .order, number: number, correlation: CorrelationID(high: 0, low: number),
            payload: message.payload(epoch: epoch)), to: peer, lane: message.isBulky ? .broadcasts : .replies))
    case .spread(let entry, let epoch, let stable, let members):
      spread(entry, epoch: epoch, stable: stable, to: members, now: now, into: &outbox)
    case .askForMembers: outbox.actions.append(.askForMembers)
    case .broken(let epoch, let number):
      counters.ordersBroken += 1
      outbox.events.append(.orderBroken(TopicPosition(epoch: epoch, number: number)))
    case .settled(let settled):
      outbox.events.append(
        .settled(message: settled.message, payloadBytes: settled.payloadBytes, settled.progress))
    }
  }

  private mutating func spread(
    _ entry: OrderedEntry, epoch: UInt64, stable: UInt64, to members: [NodeID], now: Instant,
    into outbox: inout BroadcastOutbox
  ) {
    counters.ordered += 1
    let publication = Publication(
      key: .init(publisher: identity, number: nextOrdered), message: entry.message, correlation: entry.correlation,
      topic: entry.topic, name: "", context: entry.context, dependencies: [],
      stamp: OrderStamp(
        epoch: epoch, number: entry.number, stable: stable, publisher: entry.publisher,
        publisherNumber: entry.publisherNumber), payload: entry.payload)
    let targets = ring(of: members).map { SpreadTarget(id: $0, first: nextOrdered) }
    nextOrdered += 1
    let id = begin(Spread(publication, parent: nil))
    serve(targets, in: id, now: now, into: &outbox)
    settleIfDone(id, into: &outbox)
  }

  private mutating func handOver(_ entry: OrderedEntry, under reign: OrderReign, into outbox: inout BroadcastOutbox) {
    counters.received += 1
    unhandledCost += entry.cost
    let publication = Publication(
      key: .init(publisher: entry.publisher, number: entry.publisherNumber), message: entry.message,
      correlation: entry.correlation, topic: entry.topic, name: "", context: entry.context, dependencies: [],
      place: OrderPlace(reign: reign, number: entry.number), payload: entry.payload)
    outbox.events.append(.received(publication, missed: 0, cost: entry.cost, from: nil))
  }
}
