package import Shoal

/// `POST /v1/members/{name}/messages`, once the message was accepted.
package struct SendReport: Codable, Sendable, Hashable {
  package var receiver: RecordReport.Node
  /// Whether its process has said that it has the message. If not, the message is queued, and sent until it arrives, while both live.
  package var acknowledged: Bool
  /// 32 hexadecimal digits that logs and spans about this message share.
  package var correlation: String
}

/// `POST /v1/broadcast`: what became of it at every other living member.
package struct BroadcastReport: Codable, Sendable, Hashable {
  package struct Missing: Codable, Sendable, Hashable {
    package var node: RecordReport.Node
    /// One of `MessageError.Code`, as in `deadlineExceeded`.
    package var code: String
    /// A sentence for a person.
    package var reason: String
  }

  package var acknowledged: [RecordReport.Node]
  package var missing: [Missing]
  package var complete: Bool
  /// 32 hexadecimal digits that logs and spans about this message share.
  package var correlation: String

  package init(_ receipt: BroadcastReceipt, correlation: CorrelationID, names: (NodeID) -> String?) {
    func node(_ id: NodeID) -> RecordReport.Node { RecordReport.Node(id: id.description, name: names(id)) }
    acknowledged = receipt.acknowledged.map(node)
    missing = receipt.missing.sorted { $0.key < $1.key }.map { id, error in
      // The node beside it tells which it is in full.
      Missing(
        node: node(id), code: error.code.rawValue, reason: error.message.replacing(id.description, with: id.short))
    }
    complete = receipt.isComplete
    self.correlation = correlation.description
  }
}

/// `POST /v1/listen`: one message that the asked node has received, as one line.
package struct HeardReport: Codable, Sendable, Hashable {
  package var sender: RecordReport.Node
  /// When it was received, by the agent's wall clock: milliseconds since 1970.
  package var time: UInt64
  /// What it was published to; nil when it was sent to nobody but the asked node, or to everybody.
  package var topic: String?
  /// How many publications of its publisher the asked node has missed just before.
  package var missed: UInt64
  /// Its place in total order, as `epoch/number`; nil in topics of another order.
  package var position: String?
  /// The asked node has lost its place in total order before this one, and got everything of the order before up to here.
  package var orderBroken: String?
  /// How long the message is, in bytes.
  package var bytes: Int
  /// The message, or its beginning; of what is no UTF-8, `\xNN` for every byte beyond printable ASCII.
  package var text: String
  /// The same bytes in base64, where they are no UTF-8; nil where they are.
  package var base64: String?
  /// 32 hexadecimal digits.
  package var correlation: String
  /// How many messages before this one this listener has missed, because it read too slowly.
  package var lost: UInt64

  /// A longer message is cut for its listeners, in bytes.
  package static let textLimit = 65_536

  /// - Parameter time: milliseconds since 1970.
  package init(_ bytes: [UInt8], from sender: RecordReport.Node, correlation: CorrelationID, at time: UInt64) {
    self.sender = sender
    self.time = time
    self.bytes = bytes.count
    let part = ShownText.beginning(of: bytes, limit: Self.textLimit)
    let isText = ShownText.isText(part)
    text = isText ? String(decoding: part, as: UTF8.self) : ShownText.line(part)
    base64 = isText ? nil : ShownText.base64(part)
    self.correlation = correlation.description
    missed = 0
    lost = 0
  }
}
