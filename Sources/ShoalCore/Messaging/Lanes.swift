/// One of a kind for each lane.
struct Lanes<Lane> {
  private var messages: Lane
  private var bulk: Lane
  private var replies: Lane
  private var broadcasts: Lane

  init(_ make: (MessageLane) -> Lane) {
    messages = make(.messages)
    bulk = make(.bulk)
    replies = make(.replies)
    broadcasts = make(.broadcasts)
  }

  subscript(lane: MessageLane) -> Lane {
    _read {
      switch lane {
      case .messages: yield messages
      case .bulk: yield bulk
      case .replies: yield replies
      case .broadcasts: yield broadcasts
      }
    }
    _modify {
      switch lane {
      case .messages: yield &messages
      case .bulk: yield &bulk
      case .replies: yield &replies
      case .broadcasts: yield &broadcasts
      }
    }
  }
}
