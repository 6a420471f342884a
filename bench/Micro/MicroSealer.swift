import ShoalCore
import ShoalSecurity

/// One process's sealing, in a class so that steps can share it.
final class MicroSealer {
  private var sealed: SealedDatagram
  private let now = Now(monotonic: Instant(nanoseconds: 1_000_000_000), wallMilliseconds: 1_700_000_000_000)

  init(_ record: Record, key: ClusterKey) {
    sealed = SealedDatagram(identity: record.id, clusterID: "bench", key: key, salt: record.salt)
  }

  /// Returns how many bytes of `output` were written.
  func seal(_ plaintext: RawSpan, for receiver: NodeID, into output: inout [UInt8]) -> Int {
    unsafe output.withUnsafeMutableBytes { unsafe sealed.seal(plaintext, for: receiver, into: $0) }
  }

  /// Who sent a datagram, and where in the same memory its plaintext stands; nil for what is no message.
  func open(
    _ datagram: UnsafeMutableRawBufferPointer, known: (UInt64) -> Peer?
  ) -> (sender: NodeID, range: Range<Int>)? {
    guard case .message(let sender, let range) = unsafe sealed.open(datagram, now: now, known: known) else {
      return nil
    }
    return (sender, range)
  }
}

/// Datagrams that were made beforehand, one behind the other: stepping through them allocates nothing.
struct PacketStore {
  /// Longer datagrams are not measured here. Bytes.
  static let longestPlaintext = 1_400

  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  private var buffer = [UInt8](repeating: 0, count: PacketStore.longestPlaintext + SealedDatagram.overhead)

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  /// - Parameter write: fills a buffer and returns how far.
  mutating func append(_ write: (inout [UInt8]) -> Int) {
    let count = write(&buffer)
    bytes += buffer[..<count]
    ends.append(bytes.count)
  }

  /// Changes one bit of the datagram appended last, within its tag.
  mutating func damageLast() { bytes[bytes.count - 1] ^= 1 }

  mutating func withPacket<Result>(_ place: Int, _ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
    let start = place == 0 ? 0 : ends[place - 1]
    let end = ends[place]
    return unsafe bytes.withUnsafeMutableBytes { unsafe body(UnsafeMutableRawBufferPointer(rebasing: $0[start..<end])) }
  }
}
