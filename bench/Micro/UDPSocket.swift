#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A bare UDP socket on 127.0.0.1, connected to one peer, whose calls block.
struct UDPSocket: ~Copyable {
  private let descriptor: Int32
  /// The port that the system picked.
  let port: UInt16

  /// A call that receives nothing returns after so long. Microseconds.
  private static let patience = 100_000
  private static let bufferBytes: Int32 = 4 << 20

  init() throws(StepFailure) {
    #if canImport(Glibc)
      let kind = Int32(SOCK_DGRAM.rawValue)
    #else
      let kind = SOCK_DGRAM
    #endif
    descriptor = socket(AF_INET, kind, 0)
    guard descriptor >= 0 else { throw Self.failure("be made") }
    var size = Self.bufferBytes
    // Kernels may grant less; then fewer packets wait at a time.
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    var patience = timeval(tv_sec: 0, tv_usec: .init(Self.patience))
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = Self.loopback(port: 0)
    let descriptor = descriptor
    let bound = unsafe Self.withAddress(&address) { unsafe bind(descriptor, $0, $1) }
    guard bound == 0 else { throw Self.failure("be bound") }
    var size2 = socklen_t(MemoryLayout<sockaddr_in>.size)
    let named = unsafe Self.withAddress(&address) { pointer, _ in unsafe getsockname(descriptor, pointer, &size2) }
    guard named == 0 else { throw Self.failure("tell its port") }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }

  func connect(toPort port: UInt16) throws(StepFailure) {
    var address = Self.loopback(port: port)
    let descriptor = descriptor
    #if canImport(Glibc)
      let result = unsafe Self.withAddress(&address) { unsafe Glibc.connect(descriptor, $0, $1) }
    #else
      let result = unsafe Self.withAddress(&address) { unsafe Darwin.connect(descriptor, $0, $1) }
    #endif
    guard result == 0 else { throw Self.failure("be connected") }
  }

  /// What the kernel does not take is lost, as on any network.
  func send(_ bytes: ArraySlice<UInt8>) {
    let descriptor = descriptor
    #if canImport(Glibc)
      _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
    #else
      _ = unsafe bytes.withUnsafeBytes { unsafe Darwin.send(descriptor, $0.baseAddress, $0.count, 0) }
    #endif
  }

  /// Returns how many bytes have come; 0 when none did for a while.
  func receive(into buffer: inout [UInt8]) -> Int {
    let descriptor = descriptor
    return unsafe buffer.withUnsafeMutableBytes { max(0, unsafe recv(descriptor, $0.baseAddress, $0.count, 0)) }
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  private static func withAddress(
    _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    unsafe withUnsafeMutablePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private static func failure(_ what: String) -> StepFailure {
    StepFailure(sentence: "A UDP socket on 127.0.0.1 could not \(what): error \(errno).")
  }
}
