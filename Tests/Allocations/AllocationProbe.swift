import AllocationCounter
import EngineWorkload
import ShoalCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Counts what a warm engine allocates per packet, in clusters of two sizes, and what a packet and a member cost.
///
/// Exits 1 when any kind of traffic allocates more than the news that it brings, when a packet of any kind costs over twice as much
/// among 10,000 members as among 100, or when a member costs a node over 48 bytes in all.
@main
struct AllocationProbe {
  private static let sizes = [100, 10_000]
  private static let rounds = 5
  private static let attempts = 6
  private static let bytesPerMember = 48.0
  /// In smaller clusters what a node holds once for all weighs more than its members.
  private static let bytesCountFrom = 1_000
  private static let ratioLimit = 2.0

  static func main() {
    guard allocation_counter_is_available() else {
      print("Allocations can be counted with glibc only: nothing was measured.")
      return
    }
    var faults: [String] = []
    let control = Measurement.allocations { Control.allocateOnce() }
    print("control: one allocation on purpose, \(control) counted\n")
    if control != 1 { faults.append("The control counted \(control) allocations instead of 1.") }

    print(ProbeTable.memoryHead)
    let subjects = sizes.map { size in joined(size, faults: &faults) }
    print("\n" + ProbeTable.trafficHead(sizes))
    measure(subjects, faults: &faults)
    for fault in faults { print("FAILED " + fault) }
    if !faults.isEmpty { exit(1) }
    print("\nNothing allocates per packet, and what packets and members cost is within its bounds.")
  }

  /// An engine that has joined and lived for a while, after another one has shown its records to the interner.
  private static func joined(_ size: Int, faults: inout [String]) -> Subject {
    let crowd = Crowd(count: size)
    let interner = RecordInterner()
    Subject(crowd: crowd, interner: interner).join()
    let (subject, bytes) = Measurement.keeping {
      let subject = Subject(crowd: crowd, interner: interner)
      subject.join()
      // Whatever happens once in a while has happened once: rounds of probes, searches for seeds, gossip.
      subject.advance(by: .seconds(600))
      subject.releaseBuffers()
      return subject
    }
    let perMember = Double(bytes) / Double(size)
    print(
      ProbeTable.memoryRow(
        size, table: subject.engine.tableByteCount, ring: subject.engine.ringByteCount, all: Int(bytes)))
    if size >= bytesCountFrom, perMember > bytesPerMember {
      faults.append("A member costs \(ProbeTable.tenths(perMember)) bytes, over \(bytesPerMember).")
    }
    return subject
  }

  private static func measure(_ subjects: [Subject], faults: inout [String]) {
    let scenarios = subjects.map { Scenario.all(for: $0) }
    for number in scenarios[0].indices {
      let scenario = scenarios[0][number]
      var results = subjects.map { _ in Measurement() }
      var ratio = Double.infinity
      // Where the machine was busy at the wrong moment, more rounds show it.
      for attempt in 0..<attempts where ratio > ratioLimit {
        measure(scenarios.map { $0[number] }, subjects, attempt: attempt, into: &results)
        ratio = results[1].nanosecondsPerPacket / results[0].nanosecondsPerPacket
      }
      print(ProbeTable.trafficRow(scenario, results, ratio: ratio))
      for (size, result) in zip(sizes, results) where !result.isWithin(scenario.allowance) {
        faults.append(
          "\(scenario.name): \(result.allocations) allocations in \(result.steps) steps at \(size) members.")
      }
      if !results.allSatisfy(\.isProven) {
        faults.append("\(scenario.name): the engine did not see the traffic that was meant.")
      }
      if ratio > ratioLimit { faults.append("\(scenario.name): costs \(ProbeTable.tenths(ratio)) times as much.") }
    }
  }

  /// Sizes take turns, so that a busy machine disturbs both; the best round of each counts, and the first one only warms.
  private static func measure(
    _ scenarios: [Scenario], _ subjects: [Subject], attempt: Int, into results: inout [Measurement]
  ) {
    for round in 0...rounds {
      for (size, subject) in subjects.enumerated() {
        let measured = Measurement(of: scenarios[size], subject, round: attempt * (rounds + 1) + round)
        if round > 0 { results[size].add(measured) }
      }
    }
  }
}
