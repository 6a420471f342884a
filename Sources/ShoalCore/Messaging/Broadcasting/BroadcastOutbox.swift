/// What the broadcaster wants done, and what has happened. The driver empties it after every call.
package struct BroadcastOutbox {
  package enum Action: Sendable {
    /// Have the messenger send this; answer with `refused` when it does not take it.
    case send(Message, to: NodeID, lane: MessageLane)
    /// What came in a message was taken over, or is not wanted: tell the messenger.
    case consumed(cost: Int, from: MessengerEvent.Origin)
    /// Say who the living members are: answer with `membersKnown`.
    case askForMembers
  }

  package internal(set) var actions: [Action] = []
  package internal(set) var events: [BroadcastEvent] = []

  package init() {}

  package var isEmpty: Bool { actions.isEmpty && events.isEmpty }

  /// Takes out all that is in it.
  package mutating func takeAll() -> (actions: [Action], events: [BroadcastEvent]) {
    defer {
      actions = []
      events = []
    }
    return (actions, events)
  }
}

package enum BroadcastEvent: Sendable {
  /// The next publication in the order of its topic. `missed` of the same publisher's just before it never came. Where it came straight
  /// from a message, `origin` names that: tell the messenger when the application is done with `cost`.
  case received(Publication, missed: UInt64, cost: Int, from: MessengerEvent.Origin?)
  /// A publication of this node's has come to its end with everybody.
  case settled(message: UInt64, payloadBytes: Int, BroadcastProgress)
  /// This node has lost its place in total order: what its application got up to here is all that it can rely on. It goes on from where
  /// the order is now.
  case orderBroken(TopicPosition)
}

/// Who has a publication of this node's.
package struct BroadcastProgress: Sendable {
  package internal(set) var acknowledged: [NodeID] = []
  package internal(set) var failed: [(id: NodeID, failure: BroadcastFailure)] = []
  /// Of whom that is not known yet.
  package internal(set) var pending: [NodeID] = []
}

/// Why a member has not got a publication.
package enum BroadcastFailure: Sendable, Equatable {
  /// It is gone, or was held gone in between; it may have got it all the same.
  case gone
  case refused(SendRefusal)
  /// The publisher has lost its place in total order; the member may have got it all the same.
  case orderBroken
  /// There was nobody to give it a place: it was never handed over.
  case noSequencer
}
