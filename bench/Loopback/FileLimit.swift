#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How many files a process may have open, which is what bounds the nodes of one process.
enum FileLimit {
  /// Two sockets of each node, and both ends of the streams of a mass join.
  static let filesPerNode = 6
  /// Everything else that a process has open, with what a node holds back from strangers.
  static let reserve = 256

  /// The most that this process may set its limit to.
  static var hardest: Int {
    var limit = rlimit()
    guard read(&limit) == 0 else { return 1_024 }
    return Int(clamping: limit.rlim_max)
  }

  /// Raises this process's limit as far as `hardest`.
  static func raise() {
    var limit = rlimit()
    guard read(&limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    #if canImport(Glibc)
      unsafe setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
    #else
      unsafe setrlimit(RLIMIT_NOFILE, &limit)
    #endif
  }

  /// How many nodes one process can hold.
  static func nodes(files: Int) -> Int { max(0, (files - reserve) / filesPerNode) }

  private static func read(_ limit: inout rlimit) -> Int32 {
    #if canImport(Glibc)
      unsafe getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
    #else
      unsafe getrlimit(RLIMIT_NOFILE, &limit)
    #endif
  }
}
