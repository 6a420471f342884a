import AllocationCounter
import ShoalCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Counts what a warm engine allocates per packet, in clusters of two sizes, and what a packet and a member cost.
///
/// Exits 1 when any kind of traffic allocates, when packets cost over twice as much among 10,000 members as among 100 (or one
/// kind of them over three times: what is looked at lies in colder memory), or when a member costs a node over 48 bytes of its
/// table.
@main
struct AllocationProbe {
  private static let sizes = [100, 10_000]
  private static let rounds = 5
  private static let bytesPerMember = 48.0
  private static let ratioLimit = 2.0
  private static let singleRatioLimit = 3.0

  static func main() {
    guard allocation_counter_is_available() else {
      print("Allocations can be counted with glibc only: nothing was measured.")
      return
    }
    var faults: [String] = []
    let control = Measurement.allocations { Control.allocateOnce() }
    print("control: one allocation on purpose, \(control) counted")
    if control != 1 { faults.append("The control counted \(control) allocations instead of 1.") }

    let subjects = sizes.map { size in joined(size, faults: &faults) }
    measure(subjects, faults: &faults)
    for fault in faults { print(fault) }
    if !faults.isEmpty { exit(1) }
  }

  /// An engine that has joined, after another one has shown its records to the interner.
  private static func joined(_ size: Int, faults: inout [String]) -> Subject {
    let crowd = Crowd(count: size)
    let interner = RecordInterner()
    Subject(crowd: crowd, interner: interner).join()
    let subject = Subject(crowd: crowd, interner: interner)
    let bytes = Measurement.bytes(keptBy: subject.join)
    // Whatever happens once in a while has happened once: rounds of probes, searches for seeds, gossip.
    subject.advance(by: .seconds(600))
    let table = Double(subject.engine.tableByteCount) / Double(size)
    print(
      "\(size) members: the table takes \(tenths(table)) bytes per member, a node in all "
        + "\(tenths(Double(bytes) / Double(size)))")
    if size >= 1_000, table > bytesPerMember { faults.append("A member costs over \(bytesPerMember) bytes.") }
    return subject
  }

  private static func measure(_ subjects: [Subject], faults: inout [String]) {
    let scenarios = subjects.map { Scenario.all(for: $0) }
    var sums = sizes.map { _ in 0.0 }
    print(row("scenario", sizes.flatMap { ["packets, N = \($0)", "allocations each", "ns each"] } + ["ratio"]))
    for number in scenarios[0].indices {
      let name = scenarios[0][number].name
      let results = best(of: scenarios.map { $0[number] }, subjects)
      for size in sizes.indices { sums[size] += results[size].nanosecondsPerPacket }
      let ratio = results[1].nanosecondsPerPacket / results[0].nanosecondsPerPacket
      print(row(name, results.flatMap(\.cells) + [tenths(ratio)]))
      for (size, result) in zip(sizes, results) where result.allocations > 0 {
        faults.append("\(name): \(result.allocations) allocations at \(size) members.")
      }
      if !results.allSatisfy(\.isProven) {
        faults.append("\(name): the engine did not see the traffic that was meant.")
      }
      if ratio > singleRatioLimit { faults.append("\(name): costs \(tenths(ratio)) times as much.") }
    }
    let ratio = sums[1] / sums[0]
    print("Among \(sizes[1]) members packets cost \(tenths(ratio)) times what they cost among \(sizes[0]).")
    if ratio > ratioLimit { faults.append("Packets cost \(tenths(ratio)) times as much.") }
  }

  /// Sizes take turns, so that a busy machine disturbs both; the best round of each counts, and the first one only warms.
  private static func best(of scenarios: [Scenario], _ subjects: [Subject]) -> [Measurement] {
    var results = subjects.map { _ in Measurement() }
    for round in 0...rounds {
      for (size, subject) in subjects.enumerated() {
        let measured = Measurement(of: scenarios[size], subject, round: round)
        if round > 0 { results[size].add(measured) }
      }
    }
    return results
  }

  private static func row(_ name: String, _ cells: [String]) -> String {
    name.padded(to: 40) + cells.map { String(repeating: " ", count: max(1, 20 - $0.count)) + $0 }.joined()
  }

  static func tenths(_ value: Double) -> String { String((value * 10).rounded() / 10) }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
