import Shoal

extension Sent {
  /// IPv4 and UDP.
  private static let datagramHeader: UInt64 = 28
  /// IPv4 and TCP, with the options that Linux sends.
  private static let segmentHeader: UInt64 = 52
  private static let segmentBytes: UInt64 = 1_448
  /// What either side sends to open and to close a connection: two segments without data. Bare acknowledgements are not counted.
  private static let connectionBytes: UInt64 = 2 * segmentHeader

  init(_ figures: NodeFigures) {
    packets = figures.datagrams
    let segments = figures.streamWrites + figures.streamBytes / Self.segmentBytes
    bytes =
      figures.datagramBytes + figures.datagrams * Self.datagramHeader + figures.streamBytes
      + segments * Self.segmentHeader + figures.streams * Self.connectionBytes
    stalls = figures.stalls
  }
}
