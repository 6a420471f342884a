/// One of a kind for each lane.
struct Lanes<Lane> {
  private var messages: Lane
  private var bulk: Lane

  init(_ make: (MessageLane) -> Lane) {
    messages = make(.messages)
    bulk = make(.bulk)
  }

  subscript(lane: MessageLane) -> Lane {
    _read {
      switch lane {
      case .messages: yield messages
      case .bulk: yield bulk
      }
    }
    _modify {
      switch lane {
      case .messages: yield &messages
      case .bulk: yield &bulk
      }
    }
  }
}
