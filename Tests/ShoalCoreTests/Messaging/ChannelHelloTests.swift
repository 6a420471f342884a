import ShoalCore
import Testing

@Suite("Channel hello") struct ChannelHelloTests {
  private static let sample = ChannelHello(
    isAnswer: true, generation: 3, connection: 300, messages: .init(expected: 1, window: 1_048_576),
    bulk: .init(expected: 0, window: 65_536), replies: .init(expected: 7, window: 8),
    broadcasts: .init(expected: 9, window: 10))

  @Test("a hello keeps its bytes and reads back as it was written")
  func golden() throws {
    var bytes: [UInt8] = []
    Self.sample.write(to: &bytes)
    #expect(WireSamples.hexadecimal(bytes) == "0f010103ac02018080400080" + "80040708090a")
    var reader = ByteReader(bytes.rawSpan)
    let read = try ChannelHello(from: &reader)
    #expect(read == Self.sample)
  }

  @Test("a hello that is cut short, or followed by more, is refused")
  func lengths() {
    var bytes: [UInt8] = []
    Self.sample.write(to: &bytes)
    for count in 0..<bytes.count {
      let isRefused = Self.isRefused(Array(bytes.prefix(count)))
      #expect(isRefused)
    }
    let isRefused = Self.isRefused(bytes + [0])
    #expect(isRefused)
  }

  private static func isRefused(_ bytes: [UInt8]) -> Bool {
    var reader = ByteReader(bytes.rawSpan)
    return (try? ChannelHello(from: &reader)) == nil
  }
}
