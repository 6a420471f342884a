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
  /// All publications in one order, which is the same at every member and over all topics of this order; a publisher gets its own as well.
  /// The coordinator gives it.
  case total = 3
}

/// Where a publication stands in total order: first by epoch, then by number.
public struct TopicPosition: Hashable, Sendable, Comparable, BitwiseCopyable {
  /// The epoch of the coordinator that has handed it on.
  public let epoch: UInt64
  /// From 1, over all totally ordered topics: the same at every member, under whatever epoch it came.
  public let number: UInt64

  package init(epoch: UInt64, number: UInt64) {
    self.epoch = epoch
    self.number = number
  }

  public static func < (left: TopicPosition, right: TopicPosition) -> Bool {
    left.epoch == right.epoch ? left.number < right.number : left.epoch < right.epoch
  }
}

extension TopicPosition: CustomStringConvertible {
  /// As `epoch/number`.
  public var description: String { "\(epoch)/\(number)" }
}

extension Topic: CustomStringConvertible {
  public var description: String { order == .fifo ? name : "\(name) (\(order))" }
}
