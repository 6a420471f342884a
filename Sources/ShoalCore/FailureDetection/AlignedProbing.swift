/// Who probes whom in which period, and when in it: one permutation that everybody computes alike.
///
/// Independent random probing leaves a member unprobed for a whole period with probability 1/e (SWIM §4.1). Here member `i` of the
/// ring probes member `i + o(e)` in period `e`, at a moment of the period that the target's NodeID draws: each member is probed
/// exactly once a period, by another one each time. Wall time chooses the period and the moment and nothing else: with wrong
/// clocks the permutation degrades to a random one, and every node still probes once a period.
///
/// The moments are few, so that the nodes of a process, and the processes of a machine, wake up together for their probes instead of
/// one after the other; in large clusters they are more, so that not too many wake up at once.
package enum AlignedProbing {
  /// The distance to one's target in period `epoch`: 1 to `count` − 1, the same for all.
  package static func offset(epoch: UInt64, count: Int) -> Int {
    guard count > 2 else { return 1 }
    return 1 + Int(StableHash.finalize(epoch &+ 0x5048_4F41) % UInt64(count - 1))
  }

  private static let moments = 4...20
  private static let membersPerMoment = 50

  /// So many different moments there are in a period.
  package static func moments(count: Int) -> Int {
    min(max(moments.lowerBound, count / membersPerMoment), moments.upperBound)
  }

  /// When in its period a member is probed, in milliseconds from the period's start. Where the number of moments changes it moves by
  /// less than a quarter of the period.
  ///
  /// - Parameter count: of all who are probed.
  package static func phase(of target: NodeID, count: Int, interval: UInt64) -> UInt64 {
    let moments = UInt64(moments(count: count))
    let moment = ((StableHash.combine(target.high, target.low) >> 32) * moments) >> 32
    return moment * interval / moments
  }

  /// The period to probe in next. Those that have gone by are left out.
  ///
  /// - Parameters:
  ///   - last: the period of the last probe.
  ///   - current: the period by the wall.
  package static func next(after last: UInt64, current: UInt64) -> (epoch: UInt64, hasJumped: Bool) {
    // The wall was set back: begin anew, a whole period from now.
    if last > current &+ 1 { return (current &+ 1, true) }
    return (max(last &+ 1, current), false)
  }
}
