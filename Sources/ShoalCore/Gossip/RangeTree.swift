/// How one update reaches everybody with one transmission for each.
///
/// ```
///                 origin                         the ring, cut into four parts around the origin
///        ┌──────┬────┴────┬──────┐
///       head   head      head   head             one random member of each; acknowledges, takes the update in,
///     ┌──┼──┐   …         …      …               cuts its own part around itself, and so on
/// ```
///
/// A head that does not acknowledge is asked once more, then another member of its part takes its place, unless it has had the news already:
/// then the first head is at work, and only answers late. A node that runs late itself keeps to the head while it is held living. What is
/// lost in spite of all that is brought by repair.
package enum RangeTree {
  package static let fanOut = 4
  /// The shortest wait for an acknowledgement.
  static let shortestTimeout = Nanoseconds.milliseconds(20)
  /// The longest one before the waits grow: on a machine that cannot keep up, an answer is that late and comes all the same.
  static let longestTimeout = Nanoseconds.seconds(4)
  /// The longest one of a node that runs on time itself: those that it sends to may not.
  static let longestTimelyTimeout = Nanoseconds.milliseconds(500)
  /// So often one head is asked before another one takes its place.
  static let sendsToOneHead = 2
  /// How often a part of several members is tried, a single one, and a single suspect one.
  static let sendLimit = 8
  static let leafSendLimit = 6
  static let suspectSendLimit = 2
  /// A node starts so many trees a second, and so many at once; what is beyond goes by plain gossip.
  package static let treesPerSecond: UInt64 = 20
  package static let treeBurst: UInt64 = 40
  /// News whose root does not answer waits so long for its turn to be sent by ourselves.
  static let treeInterval = Nanoseconds.seconds(1) / treesPerSecond
  /// News that arises within this time shares one tree.
  static let gatherTime = Nanoseconds.milliseconds(1) / 2
  /// So many members of a part are looked at for one that should head it.
  static let headCandidates = 16
  /// A newcomer is told what is new after this, when it has got the table.
  static let newcomerDelay = Nanoseconds.milliseconds(50)

  /// The wait after the given number of sends: 1, 1, 2, 2, 4, 4 … times the timeout.
  package static func wait(afterSends sends: Int, timeout: Nanoseconds) -> Nanoseconds {
    timeout << UInt64(min(8, max(0, sends - 1) / 2))
  }

  /// One part, and which of the known members lie in it, as offsets into the range that was cut.
  package struct Part: Equatable, Sendable {
    package var range: RingRange
    package var places: Range<Int>
  }

  /// Cuts a range into at most `fanOut` parts that hold the same number of members, leaving out ourselves.
  ///
  /// Whoever lies in the range lies in exactly one part or is ourselves, also those that we do not know. Only parts without any
  /// known member are left out, as nobody could be asked there.
  ///
  /// - Parameters:
  ///   - count: of the members known in the range.
  ///   - own: our place among them; nil when we are not.
  ///   - position: of each, in ring order; asked for a few only.
  package static func cut(_ range: RingRange, count: Int, own: Int?, position: (Int) -> UInt32) -> Parts {
    var parts = Parts()
    guard let own else {
      cutSide(range, places: 0..<count, into: fanOut, position, &parts)
      return parts
    }
    let before = 0..<own
    let after = own + 1..<count
    let others = before.count + after.count
    guard others > 0 else { return parts }
    var partsBefore = (fanOut * before.count + others / 2) / others
    if !before.isEmpty { partsBefore = max(1, partsBefore) }
    if !after.isEmpty { partsBefore = min(fanOut - 1, partsBefore) }
    // A member that shares our position must not fall between the two sides.
    let here = position(own)
    let isShared = !after.isEmpty && position(own + 1) == here
    cutSide(RingRange(from: range.from, to: here), places: before, into: partsBefore, position, &parts)
    cutSide(
      RingRange(from: isShared ? here : here &+ 1, to: range.to), places: after, into: fanOut - partsBefore, position,
      &parts)
    return parts
  }

  private static func cutSide(
    _ range: RingRange, places: Range<Int>, into limit: Int, _ position: (Int) -> UInt32, _ parts: inout Parts
  ) {
    let count = min(limit, places.count)
    guard count > 0 else { return }
    for part in 0..<count {
      let start = places.lowerBound + places.count * part / count
      let end = places.lowerBound + places.count * (part + 1) / count
      let from = part == 0 ? range.from : position(start)
      let to = part == count - 1 ? range.to : position(end)
      // Equal ends would mean the whole ring.
      parts.append(Part(range: RingRange(from: from, to: from == to ? from &+ 1 : to), places: start..<end))
    }
  }

  /// At most `fanOut` parts, without an array of their own.
  package struct Parts: RandomAccessCollection, Sendable {
    private var first = vacant
    private var second = vacant
    private var third = vacant
    private var fourth = vacant
    package private(set) var count = 0

    private static let vacant = Part(range: RingRange(from: 0, to: 0), places: 0..<0)

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(position: Int) -> Part {
      switch position {
      case 0: first
      case 1: second
      case 2: third
      default: fourth
      }
    }

    fileprivate mutating func append(_ part: Part) {
      switch count {
      case 0: first = part
      case 1: second = part
      case 2: third = part
      case 3: fourth = part
      default: return
      }
      count += 1
    }
  }
}
