import ShoalCore

/// What an active fault does to whatever travels on some links.
struct LinkRule {
  enum Effect {
    case loss(perMillion: Int)
    /// A way goes bad with the first chance for each packet, and good again with the second.
    case bursts(toBadPerMillion: Int, toGoodPerMillion: Int)
    case duplicates(perMillion: Int)
    case late(perMillion: Int, by: Nanoseconds, isDrawn: Bool)
    case corruption(perMillion: Int)
    case truncation(perMillion: Int)
    case sizeLimit(bytes: Int)
    case replay(perMillion: Int, within: Nanoseconds, elsewhere: Bool)
    case cut
    case split(sides: [UInt8])
    case flap(down: Nanoseconds, up: Nanoseconds)
    case refuseStreams
    case resetStreams
    case halfOpenStreams
    case stallStreams
  }

  let id: FaultID
  let effect: Effect
  let senders: MachineSet
  let receivers: MachineSet
  let isMutual: Bool
  let since: Instant
  /// Which ways are bad, by a hash of sender and receiver.
  var isBad = [Bool](repeating: false, count: LinkRule.wayCount)

  /// Ways beyond so many share their good and bad times with others.
  static let wayCount = 1_024

  func covers(_ sender: Int32, _ receiver: Int32) -> Bool {
    (senders.contains(sender) && receivers.contains(receiver))
      || (isMutual && senders.contains(receiver) && receivers.contains(sender))
  }

  /// Whether nothing gets through now.
  func cuts(_ sender: Int32, _ receiver: Int32, at now: Instant) -> Bool {
    switch effect {
    case .cut: covers(sender, receiver)
    case .split(let sides): Self.side(sender, of: sides) != Self.side(receiver, of: sides)
    case .flap(let down, let up):
      now.since(since) % max(1, down + up) < down && covers(sender, receiver)
    case .loss, .bursts, .duplicates, .late, .corruption, .truncation, .sizeLimit, .replay, .refuseStreams,
      .resetStreams, .halfOpenStreams, .stallStreams:
      false
    }
  }

  private static func side(_ machine: Int32, of sides: [UInt8]) -> UInt8 {
    sides.indices.contains(Int(machine)) ? sides[Int(machine)] : 0
  }

  static func way(_ sender: Int32, _ receiver: Int32) -> Int {
    Int(truncatingIfNeeded: UInt32(bitPattern: sender &* 31 &+ receiver)) % wayCount
  }
}

/// Machines by index.
struct MachineSet {
  private var members: [Bool]
  private let isEverything: Bool

  static let everything = MachineSet(members: [], isEverything: true)

  private init(members: [Bool], isEverything: Bool) {
    self.members = members
    self.isEverything = isEverything
  }

  init(_ machines: [Int32]) {
    isEverything = false
    members = []
    for machine in machines {
      while members.count <= Int(machine) { members.append(false) }
      members[Int(machine)] = true
    }
  }

  func contains(_ machine: Int32) -> Bool {
    isEverything || (members.indices.contains(Int(machine)) && members[Int(machine)])
  }
}
