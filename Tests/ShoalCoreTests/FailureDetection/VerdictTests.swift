import ShoalCore
import Testing

@Suite("Verdicts")
struct VerdictTests {
  private func judge(nacks: Int = 0, possible: Int = 9, tries: Int = 1, silence: Nanoseconds = 0) -> Jury.Verdict {
    Jury.judge(
      Jury.Findings(nacks: nacks, possibleWitnesses: possible, inconclusiveTries: tries, silence: silence))
  }

  @Test("a witness that heard nothing either makes the verdict")
  func witness() { #expect(judge(nacks: 1) == .dead) }

  @Test("silence alone is no verdict where somebody could have spoken")
  func silence() { #expect(judge() == .undecided) }

  @Test("in a view of two there is nobody to ask")
  func two() { #expect(judge(possible: 0) == .dead) }

  @Test("six tries without a word are enough while others are heard, and never while nobody is")
  func patience() {
    #expect(judge(tries: 6, silence: .milliseconds(100)) == .dead)
    #expect(judge(tries: 60, silence: .seconds(1)) == .undecided)
  }

  @Test("a node may declare eight dead at once, and then one a period")
  func budget() {
    var budget = AccusationBudget.bucket(interval: .seconds(1), now: .zero)
    var now = Instant.zero
    for _ in 0..<8 {
      let isGranted = budget.take(at: now)
      #expect(isGranted)
    }
    let ninth = budget.take(at: now)
    #expect(!ninth)
    now = now + .seconds(1)
    let later = budget.take(at: now)
    #expect(later)
    let tooSoon = budget.take(at: now)
    #expect(!tooSoon)
  }

  @Test(
    "a first return is immediate; one that was cut off alone, or returns again, proves its links for longer each time")
  func flapping() {
    let base = Nanoseconds.seconds(25)
    var now = Instant.zero + .seconds(1_000)
    var damping = FlapDamping(now: now)
    #expect(damping.proof(base: base, now: now) == 0)
    damping.gap(at: now, isIsolated: true)
    #expect(damping.mayReturnAt(base: base, now: now) == now + base)
    now = now + base
    damping.returned(at: now)
    #expect(damping.proof(base: base, now: now) == .seconds(50))
    damping.returned(at: now)
    #expect(damping.proof(base: base, now: now) == .seconds(100))
    for _ in 0..<20 { damping.returned(at: now) }
    #expect(damping.proof(base: base, now: now) == FlapDamping.longestProof)
    #expect(damping.proof(base: base, now: now + FlapDamping.memory) == 0)
  }
}
