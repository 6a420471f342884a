/// Which of a sender's recent counters have been seen: a ring of bits below the highest one (RFC 6479).
///
/// A sender counts over all its receivers, so two datagrams for one receiver may lie hundreds of counters apart. A
/// window of 64 would take a burst to others for lateness; this one costs 160 bytes for each sender that has one.
package struct ReplayWindow: BitwiseCopyable {
  /// How far a datagram may be overtaken by later ones and still be taken. Older ones are refused, seen or not.
  package static let width: UInt64 = 960

  private static let words = 16
  private static let wordBits: UInt64 = 64

  /// The bit of a counter is bit `counter % 64` of word `counter / 64 % 16`. One word of the ring is always being
  /// refilled, which is why the width is 15 words.
  private var seen = Words(repeating: 0)
  private(set) var highest: UInt64 = 0
  private(set) var isFresh = true

  /// A window that has seen nothing and takes any counter.
  package init() {}

  /// A window that takes only what was sealed after `counter`, as if all before it had been seen.
  package init(after counter: UInt64) {
    highest = counter
    isFresh = false
    seen = Words(repeating: .max)
    clearAbove(counter)
  }

  /// Whether this counter would be new. Changes nothing: the datagram has yet to prove itself.
  package func accepts(_ counter: UInt64) -> Bool {
    if isFresh || counter > highest { return true }
    return highest - counter < Self.width && seen[Self.word(counter)] & Self.bit(counter) == 0
  }

  /// Marks the counter of a datagram that has proved itself.
  package mutating func mark(_ counter: UInt64) {
    if isFresh {
      isFresh = false
      highest = counter
    } else if counter > highest {
      let steps = counter / Self.wordBits - highest / Self.wordBits
      for step in 0..<min(steps, UInt64(Self.words)) {
        // What is overwritten lay more than the width below the new counter.
        seen[Self.word(counter - step * Self.wordBits)] = 0
      }
      highest = counter
    } else if highest - counter >= Self.width {
      return
    }
    seen[Self.word(counter)] |= Self.bit(counter)
  }

  private mutating func clearAbove(_ counter: UInt64) {
    let used = counter % Self.wordBits + 1
    seen[Self.word(counter)] = used == Self.wordBits ? .max : (1 << used) - 1
  }

  /// Sixteen words. One vector of sixteen would be aligned to 128 bytes, and what stands beside it would take as much again.
  private struct Words: BitwiseCopyable {
    private var quarters: (SIMD4<UInt64>, SIMD4<UInt64>, SIMD4<UInt64>, SIMD4<UInt64>)

    init(repeating word: UInt64) {
      let quarter = SIMD4(repeating: word)
      quarters = (quarter, quarter, quarter, quarter)
    }

    subscript(place: Int) -> UInt64 {
      get {
        switch place / 4 {
        case 0: quarters.0[place % 4]
        case 1: quarters.1[place % 4]
        case 2: quarters.2[place % 4]
        default: quarters.3[place % 4]
        }
      }
      set {
        switch place / 4 {
        case 0: quarters.0[place % 4] = newValue
        case 1: quarters.1[place % 4] = newValue
        case 2: quarters.2[place % 4] = newValue
        default: quarters.3[place % 4] = newValue
        }
      }
    }
  }

  private static func word(_ counter: UInt64) -> Int { Int((counter / wordBits) % UInt64(words)) }

  private static func bit(_ counter: UInt64) -> UInt64 { 1 << (counter % wordBits) }
}
