/// A stable index into the member table.
struct SlotIndex: Hashable, Sendable, BitwiseCopyable {
  var raw: Int32
  init(_ raw: Int32) { self.raw = raw }
  init(_ raw: Int) { self.raw = Int32(raw) }

  /// As an index into the table's arrays.
  var position: Int { Int(raw) }
}
