import ShoalCore

/// Messages that nodes send each other all the time, drawn from a seed of their own.
public struct MessageLoad: Sendable, Hashable {
  /// How often a node, any of them, sends something; mostly one message, now and then many. At least 1 ms.
  public let interval: Duration
  /// The longest message, in bytes; most are much shorter.
  public let largest: Int
  /// One in so many goes to everybody.
  public let publishes: Int

  public init(interval: Duration, largest: Int, publishes: Int = 6) {
    self.interval = max(.milliseconds(1), interval)
    self.largest = largest
    self.publishes = max(1, publishes)
  }

  /// Half of all scenarios have one.
  static func draw(seed: UInt64) -> MessageLoad? {
    var random = PRNG(seed: StableHash.combine(seed, 0x4D45_5353_4147_4553))
    guard random.below(2) == 0 else { return nil }
    return MessageLoad(
      interval: .milliseconds([200, 1_000, 4_000][random.below(3)]), largest: [2_000, 20_000, 200_000][random.below(3)])
  }
}

extension World {
  /// Lets nodes send each other messages from now on until `end`; a load that was ordered before ends.
  public func sendMessages(_ load: MessageLoad, until end: Duration) {
    let traffic = MessageTraffic(load: load, end: end, random: PRNG(seed: StableHash.combine(seed, 6)))
    if messageTraffic == nil { queue.add(.messagesDue, at: clock + Nanoseconds(load.interval)) }
    messageTraffic = traffic
  }

  func messagesDue() {
    guard var traffic = messageTraffic, now < traffic.end else {
      messageTraffic = nil
      return
    }
    let running = nodes.filter { $0.isAdmitted }
    if running.count > 1 { sendSome(&traffic, among: running) }
    let wait = Nanoseconds(traffic.load.interval)
    queue.add(.messagesDue, at: clock + wait / 2 + traffic.random.jitter(wait))
    messageTraffic = traffic
  }

  private func sendSome(_ traffic: inout MessageTraffic, among running: [VirtualNode]) {
    let sender = running[traffic.random.below(running.count)]
    if traffic.random.below(traffic.load.publishes) == 0 {
      publishSome(&traffic, from: sender)
      return
    }
    let other = running[traffic.random.below(running.count)]
    // Now and then both begin at once, so that their connections cross.
    let isMutual = traffic.random.below(3) == 0
    for _ in 0..<(traffic.random.below(8) == 0 ? 1 + traffic.random.below(40) : 1) {
      let bytes = traffic.random.below(8) == 0 ? traffic.random.below(traffic.load.largest) : traffic.random.below(300)
      let lane: MessageLane = traffic.random.below(4) == 0 ? .bulk : .messages
      _ = send(traffic.payload(bytes), from: sender, to: other.id, lane: lane)
      if isMutual { _ = send(traffic.payload(20), from: other, to: sender.id, lane: lane) }
    }
  }
}

extension World {
  private func publishSome(_ traffic: inout MessageTraffic, from node: VirtualNode) {
    let topic = MessageTraffic.drawn[traffic.random.below(MessageTraffic.drawn.count)]
    for _ in 0..<1 + traffic.random.below(4) {
      let bytes = traffic.random.below(8) == 0 ? traffic.random.below(traffic.load.largest) : traffic.random.below(300)
      publish(traffic.payload(bytes), from: node, to: topic)
    }
  }
}

struct MessageTraffic {
  /// What every node subscribes to. Totally ordered topics reach everybody once somebody publishes to one.
  static let subscribed: Set<Topic> = [Topic("orders"), Topic("talk", order: .causal)]
  static let drawn = [
    Topic.everybody, Topic("orders"), Topic("talk", order: .causal), Topic("talk", order: .causal),
    Topic("ledger", order: .total), Topic("accounts", order: .total),
  ]

  let load: MessageLoad
  let end: Duration
  var random: PRNG

  /// Bytes that no other message has.
  mutating func payload(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count { bytes.write(random.next()) }
    return bytes
  }
}
