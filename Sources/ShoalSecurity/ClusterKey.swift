import CSodium

/// The key that a cluster shares: 32 bytes. Whoever holds it is trusted.
///
/// It is never printed: `description` shows its public id alone.
public struct ClusterKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// What selects a key in clear: the first 4 bytes of BLAKE2b(key) under a personal string.
  public struct ID: Hashable, Sendable, CustomStringConvertible {
    package let raw: UInt32
    public var description: String {
      let digits = String(raw, radix: 16)
      return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }
  }

  public let id: ID
  let secret: SecretBytes

  /// Reads a key as `shoal keygen` prints it: base64 of 32 bytes; white space around it is ignored.
  ///
  /// - Throws: `KeyError`, which says what is wrong and never repeats the text.
  public init(base64 text: String) throws(KeyError) {
    var decoded = [UInt8](repeating: 0, count: 256)
    var count = 0
    let characters = text.utf8.filter { !($0 == 0x20 || (0x09...0x0D).contains($0)) }.map {
      CChar(truncatingIfNeeded: $0)
    }
    guard !characters.isEmpty else { throw KeyError(message: "the key is empty") }
    guard Sodium.isReady else { throw .noMemory }
    let result = unsafe sodium_base642bin(
      &decoded, decoded.count, characters, characters.count, nil, &count, nil,
      Int32(sodium_base64_VARIANT_ORIGINAL))
    defer { Sodium.wipe(&decoded) }
    guard result == 0 else { throw KeyError(message: "the key is not base64") }
    guard count == SecretBytes.count else {
      throw KeyError(message: "the key has \(count) bytes, but must have \(SecretBytes.count)")
    }
    var bytes = Array(decoded[..<count])
    defer { Sodium.wipe(&bytes) }
    try self.init(bytes: bytes)
  }

  package init(bytes: [UInt8]) throws(KeyError) {
    guard let secret = SecretBytes(copying: bytes) else { throw .noMemory }
    self.secret = secret
    id = Self.id(of: secret)
  }

  /// A new random key.
  public static func generate() throws(KeyError) -> ClusterKey {
    var bytes = Sodium.randomBytes(SecretBytes.count)
    defer { Sodium.wipe(&bytes) }
    return try ClusterKey(bytes: bytes)
  }

  /// The key that everybody has: what a node uses that was told to be insecure. It hides nothing.
  package static func insecure() throws(KeyError) -> ClusterKey {
    try ClusterKey(
      bytes: Blake2b.hash(Array("shoal insecure: everybody has this key".utf8), personal: "shoal insecure"))
  }

  /// The key as text, to be stored where only the cluster's nodes can read it.
  public var base64: String {
    var text = [CChar](repeating: 0, count: 64)
    unsafe secret.withPointer { pointer in
      _ = unsafe sodium_bin2base64(
        &text, text.count, pointer, SecretBytes.count, Int32(sodium_base64_VARIANT_ORIGINAL))
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  public var description: String { "ClusterKey(id: \(id))" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: ["id": id.description]) }

  private static func id(of secret: SecretBytes) -> ID {
    let hash = unsafe secret.withPointer { pointer in
      unsafe Blake2b.hash(UnsafeRawBufferPointer(start: pointer, count: SecretBytes.count), personal: "shoal key id")
    }
    return ID(raw: hash[..<4].reduce(0) { $0 << 8 | UInt32($1) })
  }
}

/// What is wrong with a key, in words for a person. Never holds the key.
public struct KeyError: Error, Hashable, Sendable, CustomStringConvertible {
  public let message: String
  public var description: String { message }

  static let noMemory = KeyError(message: "the system grants no locked memory for the key; raise the limit (ulimit -l)")
}
