import ShoalCore
import ShoalSimulator
import Testing

@Suite struct FateCheckerTests {
  private let strict = FateChecker.Expectations(isLossless: true, isAccurate: true)
  private let lossy = FateChecker.Expectations(isLossless: false, isAccurate: true)
  private let hopeless = FateChecker.Expectations(isLossless: false, isAccurate: false)

  private let died = Event.died(Planted.member(.dead, at: 1))
  private let suspected = Event.suspected(Planted.member(.suspect, at: 1))

  @Test("a healthy member that is declared dead is found, where that must not happen")
  func accuracy() {
    #expect(FateChecker.check(died, fate: .healthy, expectations: lossy)?.invariant == .accuracy)
    #expect(FateChecker.check(died, fate: .healthy, expectations: hopeless) == nil)
    #expect(FateChecker.check(died, fate: .gone, expectations: strict) == nil)
    #expect(FateChecker.check(suspected, fate: .healthy, expectations: strict) == nil)
  }

  @Test("a leave that looks like a failure is found")
  func leave() {
    #expect(FateChecker.check(died, fate: .left, expectations: lossy)?.invariant == .leaveIsNoFailure)
    #expect(FateChecker.check(suspected, fate: .left, expectations: strict)?.invariant == .leaveIsNoFailure)
    #expect(FateChecker.check(suspected, fate: .left, expectations: lossy) == nil)
  }

  @Test(
    "a running node that holds itself dead, left or suspect is found", arguments: [MemberStatus.suspect, .dead, .left])
  func selfIsAlive(status: MemberStatus) {
    let myself = Planted.member(status, at: 1)
    #expect(FateChecker.checkSelf(myself, phase: .admitted)?.invariant == .selfIsAlive)
    #expect(FateChecker.checkSelf(myself, phase: .leaving) == nil)
    #expect(FateChecker.checkSelf(nil, phase: .admitted)?.invariant == .selfIsAlive)
    #expect(FateChecker.checkSelf(Planted.member(.alive, at: 1), phase: .admitted) == nil)
  }
}
