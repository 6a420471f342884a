/// News that waits for its tree: each update as a field, as it was when it arose.
struct NewsBatch {
  /// At most so many bytes wait; further news goes by plain gossip.
  static let byteLimit = 131_072

  private(set) var bytes: [UInt8] = []
  private(set) var entries: [(index: SlotIndex, end: Int)] = []

  var isEmpty: Bool { entries.isEmpty }
  var isFull: Bool { bytes.count >= Self.byteLimit }

  mutating func append(_ index: SlotIndex, from table: borrowing MemberTable) {
    bytes.writeField(FieldTag.update) { table.writeUpdate(about: index, to: &$0) }
    entries.append((index, bytes.count))
  }

  /// Adds a newer version of a record, for those who hold the older one.
  mutating func append(_ index: SlotIndex, from older: Record, to newer: Record) {
    bytes.writeField(FieldTag.change) { RecordChange.write(from: older, to: newer, into: &$0) }
    entries.append((index, bytes.count))
  }

  /// Adds what somebody else wants everybody to learn. `index` is nil when we do not know whom it is about.
  mutating func append(_ field: borrowing ReceivedField, about index: SlotIndex?) {
    let content = field.bytes
    bytes.writeField(field.tag) { $0.write(content) }
    entries.append((index ?? SlotIndex(-1), bytes.count))
  }

  /// Empties the batch into pieces that fit a datagram each; one update at least is in each.
  mutating func take(pieceBytes: Int) -> [Piece] {
    var pieces: [Piece] = []
    var start = 0
    var piece = Piece()
    for (index, end) in entries {
      if !piece.indices.isEmpty, piece.news.count + end - start > pieceBytes {
        pieces.append(piece)
        piece = Piece()
      }
      piece.news.append(contentsOf: bytes[start..<end])
      piece.indices.append(index)
      start = end
    }
    if !piece.indices.isEmpty { pieces.append(piece) }
    bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    return pieces
  }

  /// What one datagram carries.
  struct Piece {
    var news: [UInt8] = []
    var indices: [SlotIndex] = []
  }
}
