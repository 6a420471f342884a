import Shoal
import ShoalCore
import Testing

@Suite("Deadlines of many") struct DeadlineHeapTests {
  private func instant(_ nanoseconds: UInt64) -> Instant { Instant(nanoseconds: nanoseconds) }

  @Test(
    "everybody has at most one, whoever sets it anew, takes it back or comes due", arguments: [1, 7, 99] as [UInt64])
  func likeATable(seed: UInt64) {
    var heap = DeadlineHeap()
    var table: [Int: UInt64] = [:]
    var random = PRNG(seed: seed)
    for step in 0..<5_000 {
      let owner = random.below(40)
      switch random.below(4) {
      case 0, 1:
        let deadline = UInt64(step + random.below(200))
        heap.set(owner, to: instant(deadline))
        table[owner] = deadline
      case 2:
        heap.remove(owner)
        table[owner] = nil
      default:
        let earliest = table.values.min()
        let due = heap.popDue(at: instant(UInt64(step)))
        #expect((due != nil) == (earliest.map { $0 <= UInt64(step) } ?? false), "seed \(seed), step \(step)")
        if let due {
          #expect(table[due] == earliest, "seed \(seed), step \(step)")
          table[due] = nil
        }
      }
      #expect(heap.first == table.values.min().map(instant), "seed \(seed), step \(step)")
      #expect(heap.deadline(of: owner) == table[owner].map(instant), "seed \(seed), step \(step)")
    }
  }
}
