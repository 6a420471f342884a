/// The engine's only source of randomness: xoshiro256++, seeded once through SplitMix64 (Blackman and Vigna 2018).
///
/// It orders probes and picks helpers. It never makes keys, salts or identities of a real node: those come from libsodium.
package struct PRNG: Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  package init(seed: UInt64) {
    var sequence = seed
    func step() -> UInt64 {
      sequence &+= 0x9E37_79B9_7F4A_7C15
      return StableHash.finalize(sequence)
    }
    state = (step(), step(), step(), step())
  }

  package mutating func next() -> UInt64 {
    let result = rotate(state.0 &+ state.3, 23) &+ state.0
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotate(state.3, 45)
    return result
  }

  /// An even draw from `0..<bound` by multiplication with rejection (Lemire 2019). `bound` 0 gives 0.
  package mutating func below(_ bound: Int) -> Int {
    guard bound > 1 else { return 0 }
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// An even draw from `0..<bound` nanoseconds, for jitter.
  package mutating func jitter(_ bound: Nanoseconds) -> Nanoseconds {
    bound > UInt64(Int.max) ? next() : Nanoseconds(below(Int(bound)))
  }

  /// Fisher-Yates, in place.
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, below(last + 1))
    }
  }
}

@inline(__always)
private func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
  (value << count) | (value >> (64 - count))
}
