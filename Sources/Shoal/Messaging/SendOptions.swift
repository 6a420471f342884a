public import ShoalCore

/// How one message is sent.
public struct SendOptions: Sendable, Hashable {
  /// What `send` waits for.
  public enum Completion: Sendable, Hashable {
    /// The message is queued here and will be sent, and sent again, for as long as both processes live. The default.
    case accepted
    /// The peer's process has it.
    case acknowledged
  }

  /// What happens when too much waits for the peer, or in all.
  public enum WhenFull: Sendable, Hashable {
    case wait
    /// Throws `.outboxFull`.
    case fail
  }

  /// Default `accepted`.
  public var completion = Completion.accepted
  /// Default `wait`; requests and `sendOneWay` always fail.
  public var whenFull = WhenFull.wait
  /// Sends beside the others: those need not wait for this one, nor is order kept between the two flows. For large messages. Default
  /// false.
  public var isBulk = false
  /// What the message belongs to. Default: what the message belongs to that is being handled, else something new.
  public var correlation: CorrelationID?
  /// Which handler it is for; empty for the one of raw bytes. At most 255 bytes. Default empty, or the type's name.
  public var name: String?

  public init() {}

  public static var acknowledged: SendOptions {
    var options = SendOptions()
    options.completion = .acknowledged
    return options
  }

  public static var bulk: SendOptions {
    var options = SendOptions()
    options.isBulk = true
    return options
  }

  var lane: MessageLane { isBulk ? .bulk : .messages }
}
