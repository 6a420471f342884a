/// What publications are about. Whoever subscribes to a topic gets what is published to it, in its order.
///
/// Name and order together are the topic: all that publish or subscribe to it state the same two.
public struct Topic: Hashable, Sendable {
  /// At most 255 bytes of UTF-8 without control characters; not empty.
  public var name: String
  public var order: TopicOrder

  public init(_ name: String, order: TopicOrder = .fifo) {
    self.name = name
    self.order = order
  }

  /// The topic of broadcasts, which everybody gets.
  package static let everybody = Topic("")

  /// Whether it may travel.
  package var isValid: Bool {
    name.utf8.count <= Message.nameLimit && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }
}

/// In which order the publications of a topic reach its subscribers.
public enum TopicOrder: UInt8, Sendable, Hashable, CaseIterable {
  /// Those of one publisher in the order in which it published them. The default.
  case fifo = 1
  /// The same, and none before those that its publisher had got before (Birman, Schiper, Stephenson 1991).
  case causal = 2
}

extension Topic: CustomStringConvertible {
  public var description: String { order == .fifo ? name : "\(name) (\(order))" }
}
