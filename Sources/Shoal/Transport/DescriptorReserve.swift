#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps descriptors back for what this process starts itself, so that strangers who connect cannot use up the last one.
package enum DescriptorReserve {
  /// So many descriptors below the process's limit are not given to inbound connections.
  package static let size = 64

  /// Whether only the reserve is left. Descriptors are numbered from the lowest free one, so the number of a fresh one tells
  /// how full the table is at least.
  package static func isReached(reserve: Int = DescriptorReserve.size) -> Bool {
    var limit = rlimit()
    #if canImport(Glibc)
      guard unsafe getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return false }
    #else
      guard unsafe getrlimit(RLIMIT_NOFILE, &limit) == 0 else { return false }
    #endif
    let fresh = dup(STDERR_FILENO)
    guard fresh >= 0 else { return errno == EMFILE || errno == ENFILE }
    close(fresh)
    return UInt64(fresh) + UInt64(reserve) >= UInt64(limit.rlim_cur)
  }
}
