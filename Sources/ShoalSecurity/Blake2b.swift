import CSodium

/// BLAKE2b with 32 bytes of output, separated by a personal string of at most 16 bytes.
enum Blake2b {
  static func hash(_ input: [UInt8], personal: String) -> [UInt8] {
    unsafe input.withUnsafeBytes { unsafe hash($0, personal: personal) }
  }

  static func hash(_ input: UnsafeRawBufferPointer, personal: String) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 32)
    let salt = [UInt8](repeating: 0, count: 16)
    var name = Array(personal.utf8.prefix(16))
    name.append(contentsOf: repeatElement(0, count: 16 - name.count))
    _ = unsafe crypto_generichash_blake2b_salt_personal(
      &output, output.count, unsafe input.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(input.count), nil, 0,
      salt, name)
    return output
  }
}
