/// A stable index into the member table.
package struct SlotIndex: Hashable, Sendable, BitwiseCopyable {
  var raw: Int32
  init(_ raw: Int32) { self.raw = raw }
  package init(_ raw: Int) { self.raw = Int32(raw) }

  /// As an index into the table's arrays.
  package var position: Int { Int(raw) }
}
