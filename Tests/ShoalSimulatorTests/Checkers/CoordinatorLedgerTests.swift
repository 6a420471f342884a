import ShoalCore
import ShoalSimulator
import Testing

@Suite struct CoordinatorLedgerTests {
  private func reign(_ epoch: UInt64) -> Reign {
    Reign(epoch: epoch, coordinator: Planted.id, name: "a", reason: .other)
  }

  @Test("two views that are equal and name different members are found")
  func named() {
    var ledger = CoordinatorLedger()
    let first = ledger.check(named: Planted.id, fingerprint: 1)
    let other = ledger.check(named: nil, fingerprint: 2)
    let same = ledger.check(named: Planted.id, fingerprint: 1)
    let different = ledger.check(named: nil, fingerprint: 1)
    #expect(first == nil && other == nil && same == nil)
    #expect(different?.invariant == .coordinatorFollowsFromView)
  }

  @Test("a member that is not the policy's choice is found")
  func choice() {
    let candidates = [CoordinatorCandidate(Planted.member(.alive, at: 1).record)]
    #expect(CoordinatorLedger.check(named: Planted.id, among: candidates, policy: .oldest) == nil)
    #expect(
      CoordinatorLedger.check(named: nil, among: candidates, policy: .oldest)?.invariant == .coordinatorFollowsFromView)
  }

  @Test("an epoch that does not rise is found, and so is an event without a change")
  func epochs() {
    var shadow = ReignShadow()
    let findings = [shadow.apply(reign(5)), shadow.apply(nil), shadow.apply(reign(6))]
    #expect(findings.allSatisfy { $0 == nil })
    let repeated = shadow.apply(reign(6))
    #expect(repeated?.invariant == .eventsAreDifferences)
    let older = shadow.apply(reign(4))
    #expect(older?.invariant == .epochsRise)
    #expect(shadow.compare(nil)?.invariant == .eventsAreDifferences)
  }
}
