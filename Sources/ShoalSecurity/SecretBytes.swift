import CSodium

/// 32 secret bytes in memory that is locked against swapping, guarded on both sides, and zeroed when freed.
///
/// Immutable after creation, hence safe to share.
@safe final class SecretBytes: @unchecked Sendable {
  static let count = 32

  private let storage: UnsafeMutableRawPointer

  /// Nil when the system grants no memory of this kind.
  init?(copying bytes: [UInt8]) {
    guard Sodium.isReady, bytes.count == Self.count, let storage = unsafe sodium_malloc(Self.count) else { return nil }
    unsafe self.storage = storage
    unsafe bytes.withUnsafeBytes { buffer in
      if let base = buffer.baseAddress { unsafe storage.copyMemory(from: base, byteCount: Self.count) }
    }
    unsafe sodium_mprotect_readonly(storage)
  }

  deinit { unsafe sodium_free(storage) }

  /// Lends the bytes to one call of the library; the pointer must not outlive it.
  func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    unsafe body(UnsafePointer(storage.assumingMemoryBound(to: UInt8.self)))
  }
}
