public import ShoalCore

/// What became of a broadcast: each member of the view that it was sent to is in one of the two.
public struct BroadcastReceipt: Sendable, Hashable {
  /// Whose processes have it, by NodeID.
  public internal(set) var acknowledged: [NodeID] = []
  /// Of whom that is not known, or known not to be so, and why.
  public internal(set) var missing: [NodeID: MessageError] = [:]

  public var isComplete: Bool { missing.isEmpty }
}

extension Mesh {
  /// Sends bytes to every other living member of this node's view, and tells who has them.
  ///
  /// Each member gets a message of its own, in the order of this node's other messages to it; members that come later get none. It costs
  /// this node one message for each member.
  ///
  /// - Parameter deadline: how long to wait for acknowledgements; who has not sent one by then is `missing` with `.deadlineExceeded`, and
  ///   may get the message later. Default 5 s.
  public func broadcast(
    _ bytes: [UInt8], deadline: Duration = .seconds(5), options: SendOptions = SendOptions()
  ) async -> BroadcastReceipt {
    let myself = myself.id
    let peers = driver.read { engine in
      var ids: [NodeID] = []
      engine.forEachMember { if $0.status.isLiving, $0.id != myself { ids.append($0.id) } }
      return ids
    }
    var each = options
    each.completion = .acknowledged
    each.correlation = options.correlation ?? ReceivedMessage.currentCorrelation ?? driver.gate.drawCorrelation()
    return await deliver(bytes, to: peers.sorted(), within: deadline, options: each)
  }

  /// Sends a value to every other living member, as the serializer of `handlers` writes it.
  ///
  /// - Throws: `MessageError` with code `.notEncodable`; nothing was sent then.
  @_disfavoredOverload
  public func broadcast<Value: Encodable & Sendable>(
    _ value: Value, deadline: Duration = .seconds(5), options: SendOptions = SendOptions()
  ) async throws(MessageError) -> BroadcastReceipt {
    var options = options
    if options.name == nil { options.name = MessageHandlers.name(of: Value.self) }
    return await broadcast(try encode(value), deadline: deadline, options: options)
  }

  private func deliver(
    _ bytes: [UInt8], to peers: [NodeID], within deadline: Duration, options: SendOptions
  ) async -> BroadcastReceipt {
    enum Result: Sendable {
      case acknowledged(NodeID)
      case missing(NodeID, MessageError)
      case timeIsOver
    }
    return await withTaskGroup(of: Result.self) { group in
      for peer in peers {
        group.addTask {
          do throws(MessageError) {
            try await self.send(bytes, to: peer, options: options)
            return .acknowledged(peer)
          } catch { return .missing(peer, error) }
        }
      }
      group.addTask {
        try? await Task.sleep(for: deadline)
        return .timeIsOver
      }
      var receipt = BroadcastReceipt()
      var isOver = false
      while receipt.acknowledged.count + receipt.missing.count < peers.count, let result = await group.next() {
        switch result {
        case .acknowledged(let peer): receipt.acknowledged.append(peer)
        case .missing(let peer, let error):
          receipt.missing[peer] = isOver && error.code == .cancelled ? .deadlineExceeded(peer, deadline) : error
        case .timeIsOver:
          isOver = true
          group.cancelAll()
        }
      }
      group.cancelAll()
      receipt.acknowledged.sort()
      return receipt
    }
  }
}
