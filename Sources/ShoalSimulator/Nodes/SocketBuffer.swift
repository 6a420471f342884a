/// What a kernel keeps for a process that does not read. What does not fit is lost.
enum SocketBuffer {
  /// Linux's default for a socket.
  static let bytes = 212_992

  /// What one datagram occupies, as Linux counts: a block of a power of two with room for headers and the kernel's notes, and 256 bytes
  /// of its own. 277 pings fill the default buffer.
  static func cost(of byteCount: Int) -> Int {
    var block = 512
    while block < byteCount + 384 { block *= 2 }
    return block + 256
  }
}
