import NIOCore
import Shoal
import ShoalCore

extension MessageNodes {
  /// One task of the first node sends messages to the second as fast as they are taken.
  func oneWay(bytes: Int, seconds: Double) throws -> Throughput {
    let (sender, receiver) = (first, second.myself.id)
    let (tally, flag) = (Tally(), StopFlag())
    let payload = [UInt8](repeating: 7, count: bytes)
    second.handlers.onMessage { _ in tally.add() }
    let sending = begin {
      var sent = 0
      while !flag.isSet {
        try await sender.send(payload, to: receiver)
        sent += 1
      }
      return sent
    }
    let throughput = Throughput(of: tally, seconds: seconds)
    flag.set()
    let sent = try sending.wait()
    try wait(until: "all \(sent) messages have arrived") { tally.value == sent }
    return throughput
  }

  /// So many tasks of the first node ask the second, each for one thing after the other. Seconds that each request took.
  func requests(inFlight: Int, bytes: Int, seconds: Double) throws -> [Double] {
    let (asker, answerer) = (first, second.myself.id)
    let payload = [UInt8](repeating: 7, count: bytes)
    second.handlers.onRequest { $0.bytes }
    let span = MeasuredSpan(seconds: seconds)
    return try wait {
      try await withThrowingTaskGroup(of: [Double].self) { group in
        for _ in 0..<inFlight {
          group.addTask {
            var times: [Double] = []
            while case let start = MonotonicClock.now, start < span.end {
              _ = try await asker.request(payload, to: answerer)
              if start >= span.begin { times.append(Double(MonotonicClock.now - start) / 1e9) }
            }
            return times
          }
        }
        return try await group.reduce(into: [Double]()) { $0 += $1 }
      }
    }
  }

  /// The first node broadcasts to all others, one time after the other. Seconds until each receipt was complete.
  func broadcasts(_ count: Int, bytes: Int) throws -> [Double] {
    let sender = first
    let payload = [UInt8](repeating: 7, count: bytes)
    return try wait {
      var times: [Double] = []
      // The first one makes the connections.
      for number in 0...count {
        let start = MonotonicClock.now
        let receipt = try await sender.broadcast(payload)
        guard receipt.isComplete else {
          throw StepFailure(sentence: "A broadcast did not reach \(receipt.missing.count) nodes: \(receipt.missing)")
        }
        if number > 0 { times.append(Double(MonotonicClock.now - start) / 1e9) }
      }
      return times
    }
  }
}

/// When a figure is taken: after a while of warming up, for so long. Nanoseconds of `MonotonicClock`.
struct MeasuredSpan: Sendable {
  let begin: UInt64
  let end: UInt64

  private static let warmUp: UInt64 = 100_000_000

  init(seconds: Double) {
    begin = MonotonicClock.now + Self.warmUp
    end = begin + UInt64(seconds * 1e9)
  }
}
