/// What really happened to a world, so that a campaign can show that it was not idle.
public struct FaultCounts: Sendable, Hashable {
  public var joins = 0
  public var crashes = 0
  public var powerCuts = 0
  public var restarts = 0
  public var pauses = 0
  public var leaves = 0
  public var updates = 0
  public var splits = 0
  public var packetsLost = 0
  public var packetsDuplicated = 0
  public var packetsToNobody = 0
  public var challenges = 0
  public var streamsBroken = 0
  public var dialsFailed = 0
  public var suspicions = 0
  public var recoveries = 0
  public var deaths = 0
  /// Deaths of members that were running and not paused.
  public var falseDeaths = 0
  public var reaps = 0

  public init() {}

  /// Each count under the name that reports show.
  public var all: [(name: String, count: Int)] {
    [
      ("joins", joins), ("crashes", crashes), ("power cuts", powerCuts), ("restarts", restarts), ("pauses", pauses),
      ("leaves", leaves), ("record updates", updates), ("splits", splits), ("packets lost", packetsLost),
      ("packets duplicated", packetsDuplicated), ("packets to nobody", packetsToNobody), ("challenges", challenges),
      ("streams broken", streamsBroken), ("dials failed", dialsFailed), ("suspicions seen", suspicions),
      ("recoveries seen", recoveries), ("deaths seen", deaths), ("deaths of running members seen", falseDeaths),
      ("tombstones reaped", reaps),
    ]
  }

  public static func + (left: FaultCounts, right: FaultCounts) -> FaultCounts {
    var sum = left
    sum.joins += right.joins
    sum.crashes += right.crashes
    sum.powerCuts += right.powerCuts
    sum.restarts += right.restarts
    sum.pauses += right.pauses
    sum.leaves += right.leaves
    sum.updates += right.updates
    sum.splits += right.splits
    sum.packetsLost += right.packetsLost
    sum.packetsDuplicated += right.packetsDuplicated
    sum.packetsToNobody += right.packetsToNobody
    sum.challenges += right.challenges
    sum.streamsBroken += right.streamsBroken
    sum.dialsFailed += right.dialsFailed
    sum.suspicions += right.suspicions
    sum.recoveries += right.recoveries
    sum.deaths += right.deaths
    sum.falseDeaths += right.falseDeaths
    sum.reaps += right.reaps
    return sum
  }
}
