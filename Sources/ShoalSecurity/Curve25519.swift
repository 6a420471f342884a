import CSodium

/// An ephemeral key pair of X25519 (RFC 7748).
struct KeyPair: ~Copyable {
  private let secret: WipedBytes
  let publicKey: [UInt8]

  /// Draws a fresh pair, or takes a given secret, as the published vectors do.
  init(secret given: [UInt8]? = nil) {
    secret = WipedBytes(given ?? Sodium.randomBytes(32))
    var output = [UInt8](repeating: 0, count: 32)
    _ = unsafe crypto_scalarmult_curve25519_base(&output, secret.bytes)
    publicKey = output
  }

  /// The shared secret; nil when the peer's key is one of the few that force it to zero.
  func shared(with peer: [UInt8]) -> [UInt8]? {
    guard peer.count == 32 else { return nil }
    var output = [UInt8](repeating: 0, count: 32)
    return unsafe crypto_scalarmult_curve25519(&output, secret.bytes, peer) == 0 ? output : nil
  }
}
