import ShoalCore
import ShoalSimulator
import Testing

@Suite struct ShadowViewTests {
  /// What the last of some events breaks; the ones before must break nothing.
  private func finding(_ events: [Event], isGone: Bool = false) -> Invariant? {
    var view = ShadowView()
    for event in events.dropLast() { #expect(view.apply(event, isGone: isGone) == nil) }
    return events.last.flatMap { view.apply($0, isGone: isGone) }?.invariant
  }

  private func alive(_ incarnation: UInt64) -> Member { Planted.member(.alive, at: incarnation) }
  private func suspect(_ incarnation: UInt64) -> Member { Planted.member(.suspect, at: incarnation) }
  private func dead(_ incarnation: UInt64) -> Member { Planted.member(.dead, at: incarnation) }
  private func left(_ incarnation: UInt64) -> Member { Planted.member(.left, at: incarnation) }

  @Test("a life with everything in it breaks nothing")
  func legal() {
    let life: [Event] = [
      .joined(alive(1)), .suspected(suspect(1)), .recovered(alive(2)), .updated(alive(3)), .suspected(suspect(3)),
      .died(dead(3)), .recovered(alive(4)), .left(left(4)), .reaped(left(4)),
    ]
    #expect(finding(life) == nil)
  }

  @Test("an incarnation that falls is found")
  func fallingIncarnation() {
    #expect(finding([.joined(alive(5)), .updated(alive(4))]) == .incarnationNeverDecreases)
    #expect(finding([.joined(alive(5)), .suspected(suspect(4))]) == .incarnationNeverDecreases)
  }

  @Test("a dead member that lives again at the same incarnation is found")
  func resurrection() {
    #expect(finding([.joined(alive(1)), .died(dead(1)), .recovered(alive(1))]) == .noResurrection)
    #expect(finding([.joined(alive(1)), .died(dead(1)), .suspected(suspect(1))]) == .noResurrection)
  }

  @Test("a left member that comes back is found, forgotten or not")
  func returnOfTheLeft() {
    #expect(finding([.joined(alive(1)), .left(left(1)), .recovered(alive(9))]) == .noResurrection)
    #expect(finding([.joined(alive(1)), .left(left(1)), .suspected(suspect(9))]) == .noResurrection)
    #expect(finding([.joined(alive(1)), .left(left(1)), .reaped(left(1)), .joined(alive(9))]) == .noResurrection)
  }

  @Test("a ghost of a process that is gone is found, also after it was forgotten")
  func ghost() {
    let events: [Event] = [.joined(alive(1)), .died(dead(1)), .reaped(dead(1)), .joined(alive(1))]
    #expect(finding(events, isGone: true) == .noResurrection)
    #expect(finding(events, isGone: false) == nil)
  }

  @Test("a change of status that the rules do not know is found")
  func illegalTransition() {
    #expect(finding([.joined(suspect(1))]) == .legalTransitions)
    #expect(finding([.joined(alive(1)), .recovered(alive(2))]) == .legalTransitions)
    #expect(finding([.joined(alive(1)), .left(left(1)), .left(left(2))]) == .legalTransitions)
    #expect(finding([.joined(alive(1)), .suspected(suspect(1)), .recovered(alive(1))]) == .legalTransitions)
    #expect(finding([.joined(alive(1)), .reaped(alive(1))]) == .legalTransitions)
  }

  @Test("an event that is no difference of two views is found")
  func noDifference() {
    #expect(finding([.joined(alive(1)), .joined(alive(2))]) == .eventsAreDifferences)
    #expect(finding([.died(dead(1))]) == .eventsAreDifferences)
    #expect(finding([.reaped(dead(1))]) == .eventsAreDifferences)
    #expect(finding([.joined(alive(1)), .died(suspect(1))]) == .eventsAreDifferences)
  }

  @Test("a view that changed without an event is found")
  func silentChange() {
    var view = ShadowView()
    #expect(view.compare(alive(1))?.invariant == .eventsAreDifferences)
    #expect(view.apply(.joined(alive(1)), isGone: false) == nil)
    #expect(view.compare(alive(1)) == nil)
    #expect(view.compare(Planted.member(.alive, at: 1, tags: ["a": "b"]))?.invariant == .eventsAreDifferences)
  }
}
