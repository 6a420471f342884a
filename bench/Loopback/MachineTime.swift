import Foundation

/// CPU time of the whole machine.
enum MachineTime {
  /// Nanoseconds that anything on the machine has used, hypervisor included, in steps of 10 ms; nil where the system does not tell.
  static var used: UInt64? {
    guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
      let line = text.split(separator: "\n").first, line.hasPrefix("cpu ")
    else { return nil }
    let columns = line.split(separator: " ").dropFirst().prefix(columnCount).map { UInt64($0) ?? 0 }
    return columns.enumerated().reduce(0) { idleColumns.contains($1.offset) ? $0 : $0 + $1.element } * tickNanoseconds
  }

  private static let tickNanoseconds: UInt64 = 10_000_000
  /// What comes after these, guests' time, is part of the first one.
  private static let columnCount = 8
  private static let idleColumns = [3, 4]
}

/// How much of a machine others use, from the moment at which this is made.
struct MachineLoad {
  /// Where others take a greater share than this, times say little about what was measured.
  static let busyShare = 0.2

  /// The share that others take right now; looks for a second.
  static var othersNow: Double? {
    let load = MachineLoad()
    Thread.sleep(forTimeInterval: 1)
    return load.othersShare(own: .current)
  }

  private let start = MonotonicClock.now
  private let machine = MachineTime.used
  private let own = ProcessUsage.current.cpuNanoseconds

  /// The share of all cores' time that went to others, 0 to 1; nil where the system does not tell.
  ///
  /// - Parameter usage: of this process and all that it has started since.
  func othersShare(own usage: ProcessUsage) -> Double? {
    guard let machine, let now = MachineTime.used else { return nil }
    let others = Double(now - machine) - Double(usage.cpuNanoseconds - own)
    let all = Double(MonotonicClock.now - start) * Double(ProcessInfo.processInfo.activeProcessorCount)
    return min(1, max(0, others / max(1, all)))
  }
}
