import ShoalCore
import Testing

/// Throws damaged messages at every decoder and at a running engine. A trap ends the test run; that is the check.
@Suite("Mutated input")
struct MutationTests {
  private static let seed: UInt64 = 20_261_121

  private static let originals: [[UInt8]] =
    DatagramType.allCases.map { WireSamples.datagram($0, carrying: WireSamples.updates) }
    + WireSamples.frames.map { WireSamples.bytes(of: $0, carrying: WireSamples.updates) }
    + WireSamples.updates.map { WireSamples.bytes(of: $0) } + [
      WireSamples.treeWithChange, WireSamples.bytes(of: .alive(WireSamples.recordWithMetadata)),
      WireSamples.entries(.outlines(WireSamples.buckets, WireSamples.outlines)),
      WireSamples.entries(.wanted(WireSamples.buckets, WireSamples.outlines)),
    ]

  @Test("a million mutated inputs go through the decoders without a trap")
  func decoders() {
    var random = PRNG(seed: Self.seed)
    var accepted = 0
    var refused = 0
    for round in 0..<1_000_000 {
      let bytes = Self.mutated(Self.originals[round % Self.originals.count], random: &random)
      if Self.decodesFully(bytes) { accepted += 1 } else { refused += 1 }
    }
    // Not vacuous: both ends of the scale were reached.
    #expect(accepted > 1_000, "seed \(Self.seed)")
    #expect(refused > 100_000, "seed \(Self.seed)")
  }

  @Test("a running engine takes 200,000 mutated datagrams and frames and still holds itself alive")
  func engine() {
    var node = LoneNode(name: "target", seed: 3)
    node.meet(WireSamples.record.at(endpointPort: 9))
    var random = PRNG(seed: Self.seed &+ 1)
    for round in 0..<200_000 {
      let bytes = Self.mutated(Self.originals[round % Self.originals.count], random: &random)
      node.receive(bytes, from: round % 2 == 0 ? WireSamples.alice : WireSamples.bob)
      if round % 4 == 0 { node.receiveFrame(bytes, from: WireSamples.bob) }
      if round % 1_000 == 0 { node.advance(by: .milliseconds(50)) }
    }
    let phase = node.engine.phase
    let status = node.engine.myself.status
    #expect(phase == .admitted, "seed \(Self.seed &+ 1)")
    #expect(status == .alive, "seed \(Self.seed &+ 1)")
  }

  private static func decodesFully(_ bytes: [UInt8]) -> Bool {
    let asDatagram: Bool = {
      do throws(WireError) {
        var reader = ByteReader(bytes.rawSpan)
        let header = try DatagramHeader(from: &reader)
        if header.type == .entries { _ = try EntriesHead(from: &reader) }
        while try reader.nextUpdate() != nil {}
        return true
      } catch { return false }
    }()
    let asFrame: Bool = {
      do throws(WireError) {
        var reader = ByteReader(bytes.rawSpan)
        _ = try FrameHeader(from: &reader)
        while try reader.nextUpdate() != nil {}
        return true
      } catch { return false }
    }()
    let asUpdate = (try? Update(from: bytes.rawSpan)) != nil
    return asDatagram || asFrame || asUpdate
  }

  /// Flips, cuts, repeats, or overwrites with extreme values.
  static func mutated(_ original: [UInt8], random: inout PRNG) -> [UInt8] {
    var bytes = original
    for _ in 0...random.below(3) where !bytes.isEmpty {
      let position = random.below(bytes.count)
      switch random.below(5) {
      case 0: bytes[position] ^= UInt8(1 << random.below(8))
      case 1: bytes.removeSubrange(position...)
      case 2: bytes.insert(contentsOf: bytes[position...].prefix(random.below(24)), at: position)
      case 3: bytes[position] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][random.below(6)]
      default:
        let end = min(bytes.count, position + 8)
        for index in position..<end { bytes[index] = 0xFF }
      }
    }
    return bytes
  }
}
