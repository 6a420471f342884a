import NIOCore

/// The least that tells messages of a connection apart: four bytes of length, then the message.
struct PlainFraming {
  private static let headBytes = MemoryLayout<UInt32>.size
  /// As much as Shoal seals into one frame at most, and as many frames as it writes for one flush. Bytes.
  static let frameBytes = 65_519
  static let framesPerFlush = 4

  /// What has come of a message that is not whole.
  private var rest = ByteBuffer()

  static func write(_ message: [UInt8], to buffer: inout ByteBuffer) {
    buffer.writeInteger(UInt32(message.count))
    buffer.writeBytes(message)
  }

  /// What a frame of such messages takes.
  static func capacity(for message: [UInt8]) -> Int { max(frameBytes, headBytes + message.count) }

  /// As many messages as one frame holds, and one at least.
  static func fill(_ buffer: inout ByteBuffer, with message: [UInt8]) {
    for _ in 0..<max(1, frameBytes / (headBytes + message.count)) { write(message, to: &buffer) }
  }

  /// Takes in what has come, and hands over each message that is whole, in memory of its own.
  mutating func take(_ buffer: consuming ByteBuffer, each: ([UInt8]) -> Void) {
    if rest.readableBytes > 0 {
      rest.writeBuffer(&buffer)
      Self.takeWhole(from: &rest, each: each)
      rest.discardReadBytes()
    } else {
      Self.takeWhole(from: &buffer, each: each)
      rest.clear()
      rest.writeBuffer(&buffer)
    }
  }

  private static func takeWhole(from buffer: inout ByteBuffer, each: ([UInt8]) -> Void) {
    while let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self),
      let message = buffer.getBytes(at: buffer.readerIndex + headBytes, length: Int(length))
    {
      buffer.moveReaderIndex(forwardBy: headBytes + Int(length))
      each(message)
    }
  }
}
