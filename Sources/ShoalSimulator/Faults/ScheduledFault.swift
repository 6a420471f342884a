/// A fault and its time: a line of a story.
///
/// ```swift
/// world.order([
///   .at(.seconds(10), .crash("node-3")),
///   .from(.seconds(12), for: .seconds(5), .loss(.all, percent: 30)),
///   .from(.seconds(20), for: .seconds(60), .cut(.from("node-1", to: "node-2"))),
/// ])
/// ```
public struct ScheduledFault: Sendable, Hashable {
  /// Since the world began; what lies in the past happens at once.
  public var starts: Duration
  /// How long it goes on; nil for a moment, and for what only `healEverything` ends.
  public var lasts: Duration?
  public var fault: Fault

  public init(starts: Duration, lasts: Duration?, fault: Fault) {
    self.starts = starts
    self.lasts = lasts
    self.fault = fault
  }

  /// At one moment; a fault with a span goes on until everything is healed.
  public static func at(_ time: Duration, _ fault: Fault) -> ScheduledFault {
    ScheduledFault(starts: time, lasts: nil, fault: fault)
  }

  /// Over a span of time; a moment happens at its beginning.
  public static func from(_ time: Duration, for span: Duration, _ fault: Fault) -> ScheduledFault {
    ScheduledFault(starts: time, lasts: fault.kind.isMoment ? nil : span, fault: fault)
  }
}

/// Names a fault that goes on, to end it.
public struct FaultID: Sendable, Hashable {
  let raw: Int
}
