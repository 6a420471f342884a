import ShoalCore
import ShoalSecurity
import Testing

@Suite("Replay window")
struct ReplayWindowTests {
  @Test("the ends of the range are counters like any other", arguments: [0, 1, 63, 64, .max - 1, .max] as [UInt64])
  func extremes(counter: UInt64) {
    var window = ReplayWindow()
    #expect(window.accepts(counter))
    window.mark(counter)
    #expect(!window.accepts(counter))
    if counter < .max { #expect(window.accepts(counter + 1)) }
    window.mark(.max)
    #expect(!window.accepts(.max))
  }

  @Test("a counter is taken up to the width behind the highest, and not further")
  func edge() {
    for highest in (5_000...5_130) as ClosedRange<UInt64> {
      var window = ReplayWindow()
      window.mark(highest)
      #expect(window.accepts(highest - ReplayWindow.width + 1))
      #expect(!window.accepts(highest - ReplayWindow.width))
    }
  }

  @Test("a window opened after a counter takes nothing up to it and everything above")
  func opened() {
    for counter in (0...130) as ClosedRange<UInt64> {
      var window = ReplayWindow(after: counter)
      for earlier in 0...counter { #expect(!window.accepts(earlier)) }
      for later in counter + 1...counter + 2_000 {
        #expect(window.accepts(later))
        window.mark(later)
        #expect(!window.accepts(later))
      }
    }
  }

  @Test("it agrees with a set that remembers everything", arguments: [0, 1 << 40, .max - 200_000] as [UInt64])
  func model(start: UInt64) {
    let seed = start ^ 42
    var random = PRNG(seed: seed)
    var window = ReplayWindow()
    var seen: Set<UInt64> = []
    var highest: UInt64?
    var disagreements = 0
    for _ in 0..<50_000 {
      let base = highest ?? start
      let reach = random.below(100) == 0 ? 5_000 : random.below(10) == 0 ? 300 : 3
      let ahead = UInt64(random.below(reach))
      var counter = base.addingReportingOverflow(ahead).overflow ? .max : base + ahead
      if random.below(2) == 0 { counter -= min(counter, UInt64(random.below(1_300))) }
      let isNew = !seen.contains(counter)
      let isRecent = highest.map { counter > $0 || $0 - counter < ReplayWindow.width } ?? true
      if window.accepts(counter) != (isNew && isRecent) { disagreements += 1 }
      if window.accepts(counter) {
        window.mark(counter)
        seen.insert(counter)
        highest = max(highest ?? counter, counter)
      }
    }
    #expect(disagreements == 0, "seed \(seed)")
  }
}
