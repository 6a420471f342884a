/// Where a node stands between start and stop.
public enum EnginePhase: String, Sendable, Hashable, CaseIterable {
  /// Nothing was asked yet.
  case idle
  /// Looking for a seed that admits it.
  case joining
  /// A member.
  case admitted
  /// Saying goodbye.
  case leaving
  /// Out; nothing more happens.
  case stopped
}
