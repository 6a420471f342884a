import ShoalCore

/// What one process has sent, as it is on the wire: sealed, IP and transport headers included.
public struct Traffic: Sendable, Hashable {
  public var packets: UInt64 = 0
  public var datagramBytes: UInt64 = 0
  /// Frames on streams, with an estimate for handshakes and headers.
  public var streamBytes: UInt64 = 0

  public init() {}

  public var bytes: UInt64 { datagramBytes + streamBytes }

  public static func + (left: Traffic, right: Traffic) -> Traffic {
    var sum = left
    sum.packets += right.packets
    sum.datagramBytes += right.datagramBytes
    sum.streamBytes += right.streamBytes
    return sum
  }

  /// What was sent since `earlier`.
  public func since(_ earlier: Traffic) -> Traffic {
    var difference = self
    difference.packets -= earlier.packets
    difference.datagramBytes -= earlier.datagramBytes
    difference.streamBytes -= earlier.streamBytes
    return difference
  }

  /// What either side sends to open a stream: TCP's and Noise's handshakes.
  static let handshakeBytes = 300
  private static let segmentBytes = 1_448
  private static let segmentHeaderBytes = 40

  mutating func addDatagram(plaintextBytes: Int) {
    packets += 1
    datagramBytes += UInt64(plaintextBytes + DatagramLimits.sealingOverhead + DatagramLimits.headerBytes)
  }

  mutating func addHandshake() { streamBytes += UInt64(Self.handshakeBytes) }

  /// A frame: length and tag, and IPv4 and TCP headers for each segment; bare acknowledgements are not counted.
  mutating func addFrame(plaintextBytes: Int) {
    let sealed = plaintextBytes + 18
    streamBytes += UInt64(sealed + Self.segmentHeaderBytes * (1 + (sealed - 1) / Self.segmentBytes))
  }
}
