import AllocationCounter
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a process has used so far.
struct ProcessUsage: Codable, Sendable {
  /// User and system, of all threads.
  var cpuNanoseconds: UInt64 = 0
  var residentBytes: UInt64 = 0
  /// Calls of malloc and its like, of all threads. Zero where they cannot be counted.
  var allocations: Int64 = 0

  /// Of this process. Allocations count from the first call on.
  static var current: ProcessUsage {
    allocation_counter_start_process()
    var usage = rusage()
    #if canImport(Glibc)
      unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      unsafe getrusage(RUSAGE_SELF, &usage)
    #endif
    return ProcessUsage(
      cpuNanoseconds: nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime), residentBytes: residentBytes(usage),
      allocations: allocation_counter_process())
  }

  static func + (left: ProcessUsage, right: ProcessUsage) -> ProcessUsage {
    ProcessUsage(
      cpuNanoseconds: left.cpuNanoseconds + right.cpuNanoseconds,
      residentBytes: left.residentBytes + right.residentBytes, allocations: left.allocations + right.allocations)
  }

  /// What was used since `earlier`; what is resident now.
  func since(_ earlier: ProcessUsage) -> ProcessUsage {
    ProcessUsage(
      cpuNanoseconds: cpuNanoseconds - earlier.cpuNanoseconds, residentBytes: residentBytes,
      allocations: allocations - earlier.allocations)
  }

  private static func nanoseconds(_ time: timeval) -> UInt64 {
    UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1_000
  }

  /// What is resident now; where the system does not tell, the most that ever was.
  private static func residentBytes(_ usage: rusage) -> UInt64 {
    if let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ UInt64($0) })
    {
      return pages * UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
    }
    return UInt64(max(0, usage.ru_maxrss))
  }
}
