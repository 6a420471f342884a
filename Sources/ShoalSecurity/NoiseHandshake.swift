/// The handshakes Noise_NN and Noise_NNpsk0 with 25519, ChaChaPoly and SHA256 (rev. 34 §5.3, §7.5, §9).
///
/// ```
/// initiator ── psk, e ──▶ responder      without a pre-shared key: e
/// initiator ◀── e, ee ─── responder
/// ```
package struct NoiseHandshake: ~Copyable {
  package enum Role { case initiator, responder }

  private let role: Role
  private var ephemeral: KeyPair
  private var chaining: WipedBytes
  package private(set) var hash: [UInt8]
  /// The key of the handshake's own messages; nil before the first secret was mixed in.
  private var key: WipedBytes?
  private let usesPreSharedKey: Bool
  private var peerEphemeral: [UInt8] = []

  /// - Parameters:
  ///   - preSharedKey: 32 bytes, or nil for the pattern NN.
  ///   - ephemeral: only for published vectors; drawn afresh otherwise.
  package init(role: Role, prologue: [UInt8], preSharedKey: [UInt8]?, ephemeral: [UInt8]? = nil) {
    self.role = role
    self.ephemeral = KeyPair(secret: ephemeral)
    usesPreSharedKey = preSharedKey != nil
    let name = Array(
      (usesPreSharedKey ? "Noise_NNpsk0_25519_ChaChaPoly_SHA256" : "Noise_NN_25519_ChaChaPoly_SHA256").utf8)
    hash = name.count <= 32 ? name + [UInt8](repeating: 0, count: 32 - name.count) : SHA256.hash(name)
    chaining = WipedBytes(hash)
    mixHash(prologue)
    if let preSharedKey { mixKeyAndHash(preSharedKey) }
  }

  /// The initiator's first message.
  package mutating func writeFirst(payload: [UInt8]) -> [UInt8] {
    mixEphemeral(ephemeral.publicKey)
    return ephemeral.publicKey + encryptAndHash(payload)
  }

  /// The responder's reading of it: the payload; nil when it is not authentic.
  package mutating func readFirst(_ message: [UInt8]) -> [UInt8]? {
    guard message.count >= 32 else { return nil }
    peerEphemeral = Array(message[..<32])
    mixEphemeral(peerEphemeral)
    return decryptAndHash(Array(message[32...]))
  }

  /// The responder's answer; nil when the peer's key is degenerate.
  package mutating func writeSecond(payload: [UInt8]) -> [UInt8]? {
    mixEphemeral(ephemeral.publicKey)
    guard mixShared() else { return nil }
    return ephemeral.publicKey + encryptAndHash(payload)
  }

  /// The initiator's reading of it.
  package mutating func readSecond(_ message: [UInt8]) -> [UInt8]? {
    guard message.count >= 32 else { return nil }
    peerEphemeral = Array(message[..<32])
    mixEphemeral(peerEphemeral)
    guard mixShared() else { return nil }
    return decryptAndHash(Array(message[32...]))
  }

  /// The keys of the transport phase (§5.2 Split): what we send with, and what we receive with.
  package func split() -> (sending: WipedBytes, receiving: WipedBytes) {
    let keys = HKDF.blocks(2, chainingKey: chaining.bytes, inputKey: [])
    return role == .initiator ? (keys[0], keys[1]) : (keys[1], keys[0])
  }

  // MARK: SymmetricState (§5.2)

  private mutating func mixHash(_ data: [UInt8]) { hash = SHA256.hash(hash + data) }

  private mutating func mixKey(_ input: [UInt8]) {
    let output = HKDF.blocks(2, chainingKey: chaining.bytes, inputKey: input)
    chaining = output[0]
    key = output[1]
  }

  private mutating func mixKeyAndHash(_ input: [UInt8]) {
    let output = HKDF.blocks(3, chainingKey: chaining.bytes, inputKey: input)
    chaining = output[0]
    mixHash(output[1].bytes)
    key = output[2]
  }

  /// Mixes in the secret of both ephemeral keys ("ee"). False when the peer's key forces it to zero.
  private mutating func mixShared() -> Bool {
    guard var shared = ephemeral.shared(with: peerEphemeral) else { return false }
    mixKey(shared)
    Sodium.wipe(&shared)
    return true
  }

  /// With a pre-shared key an ephemeral key is also mixed into the key (§9.2).
  private mutating func mixEphemeral(_ publicKey: [UInt8]) {
    mixHash(publicKey)
    if usesPreSharedKey { mixKey(publicKey) }
  }

  private mutating func encryptAndHash(_ plaintext: [UInt8]) -> [UInt8] {
    guard let key else {
      mixHash(plaintext)
      return plaintext
    }
    var cipher = NoiseCipher(key: key)
    // A handshake key seals one message before the next secret replaces it.
    let ciphertext = cipher.encrypt(plaintext, associated: hash) ?? []
    mixHash(ciphertext)
    return ciphertext
  }

  private mutating func decryptAndHash(_ ciphertext: [UInt8]) -> [UInt8]? {
    guard let key else {
      mixHash(ciphertext)
      return ciphertext
    }
    var cipher = NoiseCipher(key: key)
    guard let plaintext = cipher.decrypt(ciphertext, associated: hash) else { return nil }
    mixHash(ciphertext)
    return plaintext
  }
}
