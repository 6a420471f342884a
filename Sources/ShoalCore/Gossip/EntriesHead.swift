/// What the entries of a comparison are, ahead of their updates.
///
/// | byte | means |
/// |---|---|
/// | 0 | what the peer lacks, as far as it fits, and whom it wrongly holds living |
/// | 1 + set (32) | all that we hold in these buckets, where we differ; tell us yours |
/// | 2 | where we differ is too much for a datagram: open a stream |
/// | 3 + set (32) + `Outlines` | all that we hold in these buckets, some or all of those where we differ, when records are too much; tell us yours |
/// | 4 + set (32) + `Outlines` | what the peer lacks in these buckets, as far as it fits, and whose records of its outlines we would like to have |
package enum EntriesHead: Equatable, Sendable {
  case rest
  case buckets(BucketSet)
  case byStream
  case outlines(BucketSet, Outlines)
  case wanted(BucketSet, Outlines)

  package init(from reader: inout ByteReader) throws(WireError) {
    switch try reader.readUInt8() {
    case 0: self = .rest
    case 1: self = .buckets(try BucketSet(from: &reader))
    case 2: self = .byStream
    case 3: self = .outlines(try BucketSet(from: &reader), try Outlines(from: &reader))
    case 4: self = .wanted(try BucketSet(from: &reader), try Outlines(from: &reader))
    default: throw .malformed
    }
  }

  package func write(to bytes: inout [UInt8]) {
    switch self {
    case .rest: bytes.write(UInt8(0))
    case .buckets(let set):
      bytes.write(UInt8(1))
      set.write(to: &bytes)
    case .byStream: bytes.write(UInt8(2))
    case .outlines(let set, let outlines):
      bytes.write(UInt8(3))
      set.write(to: &bytes)
      outlines.write(to: &bytes)
    case .wanted(let set, let outlines):
      bytes.write(UInt8(4))
      set.write(to: &bytes)
      outlines.write(to: &bytes)
    }
  }

  /// Whether this answers a digest.
  var isAnswer: Bool {
    switch self {
    case .buckets, .byStream, .outlines: true
    case .rest, .wanted: false
    }
  }
}
