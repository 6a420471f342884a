import CSodium
package import ShoalCore

/// The few things that are asked of libsodium itself: that it is ready, and randomness.
package enum Sodium {
  /// Initialises the library once per process, from whichever thread comes first.
  package static let isReady: Bool = sodium_init() >= 0

  /// 64 bits from the system's generator.
  package static func randomUInt64() -> UInt64 {
    var value: UInt64 = 0
    _ = isReady
    unsafe withUnsafeMutableBytes(of: &value) { buffer in
      if let base = buffer.baseAddress { unsafe randombytes_buf(base, buffer.count) }
    }
    return value
  }

  static func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    _ = isReady
    unsafe bytes.withUnsafeMutableBytes { buffer in
      if let base = buffer.baseAddress { unsafe randombytes_buf(base, buffer.count) }
    }
    return bytes
  }

  /// Overwrites bytes in a way that the optimiser does not remove.
  static func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { buffer in
      if let base = buffer.baseAddress { unsafe sodium_memzero(base, buffer.count) }
    }
  }
}

extension NodeID {
  /// A fresh identity for a process that starts: 128 bits from the system's generator.
  package static func random() -> NodeID {
    NodeID(high: Sodium.randomUInt64() | 1, low: Sodium.randomUInt64())
  }
}
