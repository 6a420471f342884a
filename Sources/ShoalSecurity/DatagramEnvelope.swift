/// The clear part of a sealed datagram, and what is authenticated beside it.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | version (low four bits: 1) and channel (high four bits) |
/// | 1 | 4 | key id |
/// | 5 | 8 | handle: first half of the sender's NodeID |
/// | 13 | 8 | salt |
/// | 21 | 8 | counter |
/// | 29 | n | ciphertext |
/// | 29 + n | 16 | tag |
///
/// Bytes 5 to 28 are the nonce. Authenticated beside the plaintext: bytes 0 to 4 and, not sent, the hash of the cluster id
/// (16) and the receiver (16).
struct DatagramEnvelope: BitwiseCopyable {
  enum Channel: UInt8, BitwiseCopyable {
    /// The protocol. The receiver is a NodeID.
    case data = 0
    /// "Prove that you are there now." Of the receiver only the handle is known; the other half is zero.
    case challenge = 1
    /// The proof. The receiver is a NodeID.
    case echo = 2
  }

  static let headerBytes = 29
  static let tagBytes = 16
  static let version: UInt8 = 1

  var channel: Channel
  var key: UInt32
  var handle: UInt64
  var salt: UInt64
  var counter: UInt64

  init(channel: Channel, key: UInt32, handle: UInt64, salt: UInt64, counter: UInt64) {
    self.channel = channel
    self.key = key
    self.handle = handle
    self.salt = salt
    self.counter = counter
  }

  /// Nil when version or channel are unknown. The caller has checked the length.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard unsafe bytes[0] & 0x0F == Self.version, let channel = Channel(rawValue: unsafe bytes[0] >> 4) else {
      return nil
    }
    self.channel = channel
    key = UInt32(truncatingIfNeeded: unsafe Self.read(bytes, at: 1, count: 4))
    handle = unsafe Self.read(bytes, at: 5, count: 8)
    salt = unsafe Self.read(bytes, at: 13, count: 8)
    counter = unsafe Self.read(bytes, at: 21, count: 8)
  }

  func write(to bytes: UnsafeMutableRawBufferPointer) {
    unsafe bytes[0] = Self.version | channel.rawValue << 4
    unsafe Self.write(UInt64(key), to: bytes, at: 1, count: 4)
    unsafe Self.write(handle, to: bytes, at: 5, count: 8)
    unsafe Self.write(salt, to: bytes, at: 13, count: 8)
    unsafe Self.write(counter, to: bytes, at: 21, count: 8)
  }

  static func read(_ bytes: UnsafeRawBufferPointer, at offset: Int, count: Int) -> UInt64 {
    var value: UInt64 = 0
    for position in offset..<offset + count { value = value << 8 | UInt64(unsafe bytes[position]) }
    return value
  }

  static func write(_ value: UInt64, to bytes: UnsafeMutableRawBufferPointer, at offset: Int, count: Int) {
    for position in 0..<count {
      unsafe bytes[offset + position] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - position)))
    }
  }
}
