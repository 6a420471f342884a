/// Which ways of the network a fault is on. A way has a direction: what `a` sends to `b` is another way than what `b` sends to `a`.
public struct Links: Sendable, Hashable {
  public var senders: Nodes
  public var receivers: Nodes
  /// Whether the way back counts too.
  public var isMutual: Bool

  public init(senders: Nodes, receivers: Nodes, isMutual: Bool) {
    self.senders = senders
    self.receivers = receivers
    self.isMutual = isMutual
  }

  /// Every way there is.
  public static let all = Links(senders: .everyone, receivers: .everyone, isMutual: false)

  /// One direction only.
  public static func from(_ senders: Nodes, to receivers: Nodes = .everyone) -> Links {
    Links(senders: senders, receivers: receivers, isMutual: false)
  }

  /// Both directions between two groups; whoever is in neither reaches both.
  public static func between(_ some: Nodes, and others: Nodes) -> Links {
    Links(senders: some, receivers: others, isMutual: true)
  }

  /// Everything that these nodes send and receive.
  public static func touching(_ nodes: Nodes) -> Links {
    Links(senders: nodes, receivers: .everyone, isMutual: true)
  }
}

extension Links: CustomStringConvertible {
  public var description: String {
    self == .all ? "all links" : "\(senders) \(isMutual ? "⇄" : "→") \(receivers)"
  }
}
