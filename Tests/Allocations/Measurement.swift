import AllocationCounter
import EngineWorkload
import ShoalCore

/// What one kind of traffic has cost.
struct Measurement {
  private(set) var allocations: Int64 = 0
  private(set) var packets = 0
  private(set) var steps = 0
  /// Of the best round.
  private(set) var nanosecondsPerPacket = Double.infinity
  /// Whether the engine counted what such traffic must make it count.
  private(set) var isProven = true

  init() {}

  /// One round: made ready uncounted, then stepped through.
  init(of scenario: Scenario, _ subject: Subject, round: Int) {
    var nanoseconds: Int64 = 0
    var proofs: UInt64 = 0
    for batch in 0..<scenario.batches {
      scenario.prepare(subject, round * scenario.batches + batch)
      let (packetsBefore, proofsBefore) = (subject.packets, scenario.proof.counter(subject.engine.counters))
      let start = thread_cpu_nanoseconds()
      allocations += Self.allocations {
        for step in 0..<scenario.steps { scenario.step(subject, step) }
      }
      nanoseconds += thread_cpu_nanoseconds() - start
      packets += subject.packets - packetsBefore
      proofs += scenario.proof.counter(subject.engine.counters) - proofsBefore
    }
    steps = scenario.steps * scenario.batches
    nanosecondsPerPacket = Double(nanoseconds) / Double(max(1, packets))
    isProven = Double(proofs) >= scenario.proof.perStep * Double(scenario.steps * scenario.batches)
  }

  mutating func add(_ round: Measurement) {
    allocations += round.allocations
    packets += round.packets
    steps += round.steps
    isProven = isProven && round.isProven
    nanosecondsPerPacket = min(nanosecondsPerPacket, round.nanosecondsPerPacket)
  }

  /// Whether no more was allocated than a scenario is allowed.
  func isWithin(_ allowance: Scenario.Allowance) -> Bool {
    allocations <= allowance.allocations(inSteps: steps)
  }

  static func allocations(of work: () -> Void) -> Int64 {
    allocation_counter_start()
    work()
    return allocation_counter_stop()
  }

  /// What work returns, and how many bytes it has allocated and not given back.
  static func keeping<Result>(_ work: () -> Result) -> (result: Result, bytes: Int64) {
    allocation_counter_start()
    let result = work()
    _ = allocation_counter_stop()
    return (result, allocation_counter_bytes())
  }
}

/// Work that is known to allocate.
enum Control {
  private final class Kept {
    var number = 0
  }

  nonisolated(unsafe) private static var kept: Kept?

  /// Warm from the second call on: the first one also makes the storage of the static.
  @inline(never)
  static func allocateOnce() { unsafe kept = Kept() }
}
