import Foundation
import Shoal
import ShoalCore

/// What waits where when a receiver's handler never returns and its sender goes on.
struct StalledReader: Sendable {
  /// What the sender was offered, taken or not. Bytes.
  let offered: Double
  /// What waits at the sender, as its limit counts it. Bytes.
  let senderWaiting: Double
  /// What the receiver has taken in and not handled, as its limit counts it. Bytes.
  let receiverHeld: Double
  /// How much more memory the process occupies than before: both nodes together. Bytes.
  let residentGrowth: Double

  private static let messageBytes = 10_000
  /// The sender goes on until it was offered so much. Bytes.
  private static let offeredBytes = 64 << 20
  /// Nothing moves any more when the counters have not changed for so long. Nanoseconds.
  private static let calm: UInt64 = 300_000_000
  private static let lookInterval = 0.002

  /// Measures it between nodes that have exchanged nothing before, and lets the handler go on afterwards.
  init(_ nodes: MessageNodes) throws {
    let (sender, receiver) = (nodes.first, nodes.second)
    let (gate, opener) = AsyncStream.makeStream(of: Void.self)
    receiver.handlers.onMessage { _ in for await _ in gate {} }
    defer { opener.finish() }
    let (accepted, delivered) = (sender.counter("messages_accepted"), sender.counter("messages_delivered"))
    let received = receiver.counter("messages_received")
    let before = ProcessUsage.current.residentBytes
    offered = try Self.offer(from: sender, to: receiver.myself.id)
    Self.waitUntilCalm(sender, receiver)
    let after = ProcessUsage.current.residentBytes
    let cost = Double(ChunkLimits.cost(of: Self.messageBytes))
    let waiting = sender.counter("messages_accepted") - accepted - (sender.counter("messages_delivered") - delivered)
    senderWaiting = Double(waiting) * cost
    receiverHeld = Double(receiver.counter("messages_received") - received) * cost
    residentGrowth = Double(after) - Double(before)
  }

  /// Offers messages, each in memory of its own, again and again.
  private static func offer(from sender: Mesh, to receiver: NodeID) throws -> Double {
    var offered = 0
    while offered < offeredBytes {
      do throws(MessageError) {
        try sender.sendOneWay([UInt8](repeating: 7, count: messageBytes), to: receiver)
      } catch {
        guard error.code == .outboxFull else { throw error }
        // Room would have come meanwhile, were anything read.
        if offered % (1 << 20) < messageBytes { Thread.sleep(forTimeInterval: lookInterval) }
      }
      offered += messageBytes
    }
    return Double(offered)
  }

  private static func waitUntilCalm(_ nodes: Mesh...) {
    func look() -> [UInt64] { nodes.flatMap { [$0.counter("messages_received"), $0.counter("messages_delivered")] } }
    var (seen, since) = (look(), MonotonicClock.now)
    while MonotonicClock.now - since < calm {
      Thread.sleep(forTimeInterval: lookInterval)
      let now = look()
      if now != seen { (seen, since) = (now, MonotonicClock.now) }
    }
  }
}
