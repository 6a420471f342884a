import ShoalCore
import ShoalSimulator
import Testing

@Suite struct SealCheckerTests {
  @Test("a counter that repeats or falls under one salt is found, under another salt it is fine")
  func nonces() {
    var checker = SealChecker()
    #expect(checker.sealed(handle: 1, salt: 7, counter: 1) == nil)
    #expect(checker.sealed(handle: 1, salt: 7, counter: 2) == nil)
    #expect(checker.sealed(handle: 1, salt: 8, counter: 1) == nil)
    #expect(checker.sealed(handle: 2, salt: 7, counter: 1) == nil)
    #expect(checker.sealed(handle: 1, salt: 7, counter: 2)?.invariant == .noNonceRepeats)
  }

  @Test("a datagram that is taken twice by one node is found, by two nodes it is another matter")
  func replays() {
    var checker = SealChecker()
    #expect(checker.opened(by: 0, handle: 1, salt: 7, counter: 1, mustNotOpen: false) == nil)
    #expect(checker.opened(by: 1, handle: 1, salt: 7, counter: 1, mustNotOpen: false) == nil)
    #expect(
      checker.opened(by: 0, handle: 1, salt: 7, counter: 1, mustNotOpen: false)?.invariant == .tamperingChangesNothing)
    #expect(
      checker.opened(by: 0, handle: 1, salt: 7, counter: 9, mustNotOpen: true)?.invariant == .tamperingChangesNothing)
  }

  @Test("an answer to a stranger that is longer than what it answers is found")
  func amplification() {
    let checker = SealChecker()
    #expect(checker.answered(61, with: 61) == nil)
    #expect(checker.answered(60, with: 61)?.invariant == .withinBudget)
  }

  @Test("an engine over its bounds is found")
  func bounds() {
    let small = Footprint(
      living: 3, tombstones: 1, timers: 10, pendingPings: 2, queuedUpdates: 4, streams: 1, suspicions: 1)
    #expect(SizeBounds.check(small, tombstoneLimit: 16) == nil)
    var broken = small
    broken.timers = 10_000
    #expect(SizeBounds.check(broken, tombstoneLimit: 16)?.invariant == .withinBounds)
    broken = small
    broken.suspicions = 5
    #expect(SizeBounds.check(broken, tombstoneLimit: 16)?.invariant == .withinBounds)
    broken = small
    broken.tombstones = 17
    #expect(SizeBounds.check(broken, tombstoneLimit: 16)?.invariant == .withinBounds)
    #expect(SizeBounds.check(sent: 100, received: 10, members: 3, seconds: 1) == nil)
    #expect(SizeBounds.check(sent: 10_000, received: 10, members: 3, seconds: 1)?.invariant == .withinBudget)
  }
}
