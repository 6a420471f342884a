import CSodium
import ShoalSecurity
import Testing

private struct NoiseFile: Decodable {
  struct Vector: Decodable, CustomTestStringConvertible {
    struct Message: Decodable {
      let payload: String
      let ciphertext: String
    }
    let protocol_name: String
    let init_prologue: String
    let init_psks: [String]?
    let init_ephemeral: String
    let resp_ephemeral: String
    let handshake_hash: String?
    let messages: [Message]
    var testDescription: String { protocol_name }
  }
  let vectors: [Vector]
}

private struct HKDFFile: Decodable {
  struct Vector: Decodable {
    let ikm, salt, info, prk, okm: String
    let length: Int
  }
  let vectors: [Vector]
}

private struct AEADFile: Decodable {
  let plaintext, associated, key, nonce, ciphertext, tag: String
}

@Suite("Published vectors")
struct PublishedVectorTests {
  @Test("every Noise vector passes: both sides, the handshake hash, and the messages that follow")
  func noise() throws {
    let file = try VectorFile.load("noise_nn_nnpsk0", as: NoiseFile.self)
    #expect(file.vectors.count >= 2)
    for vector in file.vectors {
      let prologue = try Hexadecimal.bytes(vector.init_prologue)
      let key = try vector.init_psks?.first.map { try Hexadecimal.bytes($0) }
      var initiator = NoiseHandshake(
        role: .initiator, prologue: prologue, preSharedKey: key,
        ephemeral: try Hexadecimal.bytes(vector.init_ephemeral))
      var responder = NoiseHandshake(
        role: .responder, prologue: prologue, preSharedKey: key,
        ephemeral: try Hexadecimal.bytes(vector.resp_ephemeral))
      let payloads = try vector.messages.map { try Hexadecimal.bytes($0.payload) }
      let first = initiator.writeFirst(payload: payloads[0])
      #expect(Hexadecimal.text(first) == vector.messages[0].ciphertext)
      let firstRead = responder.readFirst(first)
      #expect(firstRead == payloads[0])
      let second = responder.writeSecond(payload: payloads[1])
      #expect(second.map { Hexadecimal.text($0) } == vector.messages[1].ciphertext)
      let secondRead = initiator.readSecond(second ?? [])
      #expect(secondRead == payloads[1])
      let (hash, otherHash) = (initiator.hash, responder.hash)
      #expect(hash == otherHash)
      if let expected = vector.handshake_hash { #expect(Hexadecimal.text(hash) == expected) }
      let keys = initiator.split()
      let otherKeys = responder.split()
      #expect(keys.sending.bytes == otherKeys.receiving.bytes)
      #expect(keys.receiving.bytes == otherKeys.sending.bytes)
      var fromInitiator = NoiseCipher(key: keys.sending)
      var fromResponder = NoiseCipher(key: keys.receiving)
      for (index, message) in vector.messages.enumerated().dropFirst(2) {
        let sealed =
          index % 2 == 0
          ? fromInitiator.encrypt(payloads[index], associated: [])
          : fromResponder.encrypt(payloads[index], associated: [])
        #expect(sealed.map { Hexadecimal.text($0) } == message.ciphertext)
      }
    }
  }

  @Test("HKDF with SHA-256 passes the cases of RFC 5869")
  func hkdf() throws {
    let file = try VectorFile.load("rfc5869_hkdf_sha256", as: HKDFFile.self)
    for vector in file.vectors {
      let key = HKDF.extract(
        salt: try Hexadecimal.bytes(vector.salt), inputKey: try Hexadecimal.bytes(vector.ikm))
      #expect(Hexadecimal.text(key) == vector.prk)
      let output = HKDF.expand(key, info: try Hexadecimal.bytes(vector.info), count: vector.length)
      #expect(Hexadecimal.text(output) == vector.okm)
    }
  }

  @Test("the library's XChaCha20-Poly1305 passes the vector of its draft")
  func aead() throws {
    let vector = try VectorFile.load("xchacha20poly1305", as: AEADFile.self)
    let plaintext = try Hexadecimal.bytes(vector.plaintext)
    let associated = try Hexadecimal.bytes(vector.associated)
    var sealed = [UInt8](repeating: 0, count: plaintext.count + 16)
    _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
      &sealed, nil, plaintext, UInt64(plaintext.count), associated, UInt64(associated.count), nil,
      try Hexadecimal.bytes(vector.nonce), try Hexadecimal.bytes(vector.key))
    #expect(Hexadecimal.text(sealed) == vector.ciphertext + vector.tag)
  }
}
