package import ShoalCore

/// One observer's view, rebuilt from its events alone, with the rules that each change must keep.
///
/// A view that can be rebuilt from events and equals the engine's own shows that events are exactly the differences.
package struct ShadowView {
  private enum Entry {
    case known(Member)
    /// Forgotten; what is remembered is the incarnation it was forgotten at, and whether it had left.
    case reaped(incarnation: UInt64, hadLeft: Bool)
  }

  // Looked up, never iterated.
  private var entries: [NodeID: Entry] = [:]
  /// How many members are known, dead and left ones included.
  package private(set) var count = 0

  package init() {}

  /// Takes in one event, and says which rule it breaks, if any. The view follows the event in any case.
  ///
  /// - Parameter isGone: whether the subject's process ended long ago, so that nobody can have heard from it.
  package mutating func apply(_ event: Event, isGone: Bool) -> Finding? {
    guard let member = event.member else { return nil }
    switch event {
    case .joined: return join(member, isGone: isGone)
    case .updated: return update(member)
    case .suspected: return change(member, as: .suspect) { $0 != .left }
    case .recovered: return change(member, as: .alive) { $0 == .suspect || $0 == .dead }
    case .died: return change(member, as: .dead) { $0 != .left }
    case .left: return change(member, as: .left) { $0 != .left }
    case .reaped: return reap(member)
    case .admitted: return known(member.id) == member ? nil : unequal(member, "admitted")
    case .metadataChanged:
      return known(member.id) == member && member.status.isLiving ? nil : unequal(member, "metadataChanged")
    case .isolated, .isolationEnded, .joinFailed, .coordinatorChanged, .stopped: return nil
    }
  }

  /// What the events so far say of a member; nil when it is unknown or forgotten.
  package func known(_ id: NodeID) -> Member? {
    if case .known(let member) = entries[id] { member } else { nil }
  }

  /// Compares one member of the engine's view with what the events said.
  package func compare(_ member: Member) -> Finding? {
    guard let expected = known(member.id) else {
      return Finding(
        invariant: .eventsAreDifferences, sentence: "the view holds it as \(member.status), but no event said so")
    }
    guard expected != member else { return nil }
    return Finding(
      invariant: .eventsAreDifferences,
      sentence: "the view holds \(Self.text(member)), but the events said \(Self.text(expected))")
  }

  private mutating func join(_ member: Member, isGone: Bool) -> Finding? {
    let before = entries[member.id]
    entries[member.id] = .known(member)
    guard member.status == .alive else {
      if case .known = before {} else { count += 1 }
      return Finding(invariant: .legalTransitions, sentence: "it joined as \(member.status)")
    }
    switch before {
    case .known(let old):
      return Finding(
        invariant: .eventsAreDifferences, sentence: "it joined, but was known already as \(Self.text(old))")
    case .reaped(let incarnation, let hadLeft):
      count += 1
      // A forgotten member may come back at the same incarnation when it answered; one that is gone cannot answer.
      guard hadLeft || (isGone && member.incarnation <= incarnation) else { return nil }
      return Finding(
        invariant: .noResurrection,
        sentence:
          "it joined again at \(member.incarnation) after it was \(hadLeft ? "left" : "dead") at \(incarnation) and forgotten"
      )
    case nil:
      count += 1
      return nil
    }
  }

  private mutating func change(
    _ member: Member, as status: MemberStatus, from isLegal: (MemberStatus) -> Bool
  ) -> Finding? {
    let before = known(member.id)
    entries[member.id] = .known(member)
    guard let before else {
      count += 1
      return Finding(invariant: .eventsAreDifferences, sentence: "it is \(status), but was not known before")
    }
    guard member.status == status else { return unequal(member, "\(status)") }
    guard member.incarnation >= before.incarnation else {
      return Finding(
        invariant: .incarnationNeverDecreases,
        sentence: "its incarnation fell from \(before.incarnation) to \(member.incarnation)")
    }
    if before.status == .left, status != .left {
      return Finding(invariant: .noResurrection, sentence: "it is \(status) after it left")
    }
    if before.status == .dead, status.isLiving, member.incarnation <= before.incarnation {
      return Finding(
        invariant: .noResurrection,
        sentence: "it is \(status) at \(member.incarnation) after it was dead at \(before.incarnation)")
    }
    guard isLegal(before.status) else {
      return Finding(
        invariant: .legalTransitions, sentence: "it went from \(Self.text(before)) to \(Self.text(member))")
    }
    if status != .left, status == .alive || before.status.rawValue >= status.rawValue,
      member.incarnation == before.incarnation
    {
      return Finding(
        invariant: .legalTransitions,
        sentence: "it went from \(Self.text(before)) to \(Self.text(member)) at one incarnation")
    }
    return nil
  }

  /// A new record under an unchanged status. A suspect's record may be that of the incarnation it is suspected at.
  private mutating func update(_ member: Member) -> Finding? {
    guard let before = known(member.id), before.status == .suspect, member.status == .suspect,
      member.incarnation == before.incarnation
    else { return change(member, as: .alive) { $0 == .alive } }
    entries[member.id] = .known(member)
    return nil
  }

  private mutating func reap(_ member: Member) -> Finding? {
    let before = known(member.id)
    entries[member.id] = .reaped(incarnation: member.incarnation, hadLeft: member.status == .left)
    guard let before else {
      return Finding(invariant: .eventsAreDifferences, sentence: "it was forgotten, but was not known")
    }
    count -= 1
    return before.status.isLiving
      ? Finding(invariant: .legalTransitions, sentence: "it was forgotten while \(before.status)") : nil
  }

  private func unequal(_ member: Member, _ what: String) -> Finding {
    Finding(
      invariant: .eventsAreDifferences,
      sentence: "the event \(what) holds \(Self.text(member)), which its kind does not allow")
  }

  private static func text(_ member: Member) -> String { "\(member.status)@\(member.incarnation)" }
}
