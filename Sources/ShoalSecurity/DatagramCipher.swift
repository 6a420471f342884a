import CSodium
import ShoalCore

/// XChaCha20-Poly1305 over one datagram, in the memory it stands in.
///
/// The nonce is what the envelope carries as handle ‖ salt ‖ counter. Authenticated beside the plaintext: version,
/// channel and key id and, not sent, the hash of the cluster id and the receiver. Nothing here allocates after the start.
struct DatagramCipher {
  private static let nonceOffset = 5
  private static let clusterBytes = 16
  private static let receiverOffset = nonceOffset + clusterBytes

  /// version and channel ‖ key id ‖ cluster ‖ receiver: the first and the last part are filled in for each datagram.
  private var associated: [UInt8]

  init(clusterID: String) {
    let cluster = Blake2b.hash(Array(clusterID.utf8), personal: "shoal cluster")
    associated =
      [UInt8](repeating: 0, count: Self.nonceOffset) + cluster[..<Self.clusterBytes] + [UInt8](repeating: 0, count: 16)
  }

  /// Writes a sealed datagram to `output`, which the caller has checked to be long enough.
  ///
  /// - Returns: whether it was sealed.
  mutating func seal(
    _ plaintext: UnsafeRawBufferPointer, _ envelope: DatagramEnvelope, key: ClusterKey, receiver: NodeID,
    into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard let base = output.baseAddress else { return false }
    unsafe envelope.write(to: output)
    unsafe fillAssociated(from: UnsafeRawBufferPointer(output), receiver: receiver)
    let bytes = unsafe base.assumingMemoryBound(to: UInt8.self)
    let message = unsafe plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let result = unsafe key.secret.withPointer { secret in
      unsafe associated.withUnsafeBufferPointer { data in
        // Safe: the output holds header, plaintext and tag; the nonce lies inside the header just written.
        unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
          bytes + DatagramEnvelope.headerBytes, nil, message, UInt64(plaintext.count), data.baseAddress,
          UInt64(data.count), nil, bytes + Self.nonceOffset, secret)
      }
    }
    return result == 0
  }

  /// Opens a datagram that is at least as long as header and tag.
  ///
  /// - Returns: where the plaintext stands; nil when the datagram is not authentic.
  mutating func open(_ datagram: UnsafeMutableRawBufferPointer, key: ClusterKey, receiver: NodeID) -> Range<Int>? {
    guard let base = datagram.baseAddress else { return nil }
    unsafe fillAssociated(from: UnsafeRawBufferPointer(datagram), receiver: receiver)
    let bytes = unsafe base.assumingMemoryBound(to: UInt8.self)
    let sealedBytes = datagram.count - DatagramEnvelope.headerBytes
    let result = unsafe key.secret.withPointer { secret in
      unsafe associated.withUnsafeBufferPointer { data in
        // Safe: the library allows the plaintext to take the place of the ciphertext, and it is shorter.
        unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
          bytes + DatagramEnvelope.headerBytes, nil, nil, bytes + DatagramEnvelope.headerBytes, UInt64(sealedBytes),
          data.baseAddress, UInt64(data.count), bytes + Self.nonceOffset, secret)
      }
    }
    guard result == 0 else { return nil }
    return DatagramEnvelope.headerBytes..<datagram.count - DatagramEnvelope.tagBytes
  }

  private mutating func fillAssociated(from header: UnsafeRawBufferPointer, receiver: NodeID) {
    unsafe associated.withUnsafeMutableBytes { data in
      for position in 0..<Self.nonceOffset { unsafe data[position] = unsafe header[position] }
      unsafe DatagramEnvelope.write(receiver.high, to: data, at: Self.receiverOffset, count: 8)
      unsafe DatagramEnvelope.write(receiver.low, to: data, at: Self.receiverOffset + 8, count: 8)
    }
  }
}
