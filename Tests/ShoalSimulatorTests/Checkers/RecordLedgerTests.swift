import ShoalCore
import ShoalSimulator
import Testing

@Suite struct RecordLedgerTests {
  @Test("an incarnation that the owner never reached is found")
  func onlyTheOwnerRaises() {
    var ledger = RecordLedger()
    #expect(ledger.check(.joined(Planted.member(.alive, at: 2)), ownerIncarnation: 2) == nil)
    #expect(
      ledger.check(.suspected(Planted.member(.suspect, at: 3)), ownerIncarnation: 2)?.invariant == .onlyTheOwnerRaises)
  }

  @Test("two records under one incarnation are found")
  func oneRecord() {
    var ledger = RecordLedger()
    #expect(ledger.check(.joined(Planted.member(.alive, at: 1)), ownerIncarnation: 1) == nil)
    #expect(ledger.check(.joined(Planted.member(.alive, at: 1)), ownerIncarnation: 1) == nil)
    #expect(
      ledger.check(.joined(Planted.member(.alive, at: 1, tags: ["a": "b"])), ownerIncarnation: 1)?.invariant
        == .oneRecordPerIncarnation)
  }

  @Test("a process that was never admitted is found")
  func neverAdmitted() {
    var ledger = RecordLedger()
    #expect(ledger.check(.joined(Planted.member(.alive, at: 1)), ownerIncarnation: nil)?.invariant == .onlyAdmitted)
    #expect(
      ledger.check(.joined(Planted.member(.alive, at: 1, seniority: 0)), ownerIncarnation: 1)?.invariant
        == .onlyAdmitted)
  }
}
