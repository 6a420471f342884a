package import ShoalCore

/// What owners have said of themselves, against which every observer's news is held.
package struct RecordLedger {
  private struct Version: Hashable {
    let id: NodeID
    let incarnation: UInt64
  }

  // Looked up, never iterated.
  private var versions: [Version: Member] = [:]

  package init() {}

  /// Checks one event's member. `ownerIncarnation` is the highest that its owner has reached; nil for a process that never was.
  package mutating func check(_ event: Event, ownerIncarnation: UInt64?) -> Finding? {
    guard let member = event.member else { return nil }
    guard let ownerIncarnation, member.seniority > 0 else {
      return Finding(
        invariant: .onlyAdmitted, sentence: "it holds \(member.name) (\(member.id.short)), which never was admitted")
    }
    guard member.incarnation <= ownerIncarnation else {
      return Finding(
        invariant: .onlyTheOwnerRaises,
        sentence: "it holds incarnation \(member.incarnation), but the owner is at \(ownerIncarnation)")
    }
    switch event {
    case .joined, .updated, .metadataChanged, .recovered: return checkRecord(member)
    // An accusation may name an incarnation before its record is known.
    case .suspected, .died, .left, .reaped, .admitted, .isolated, .isolationEnded, .joinFailed, .coordinatorChanged,
      .stopped:
      return nil
    }
  }

  private mutating func checkRecord(_ member: Member) -> Finding? {
    var member = member
    // A suspect's record counts as well as that of an alive member.
    member.status = .alive
    let version = Version(id: member.id, incarnation: member.incarnation)
    guard let first = versions[version] else {
      versions[version] = member
      return nil
    }
    guard first == member else {
      return Finding(
        invariant: .oneRecordPerIncarnation,
        sentence: "its record at incarnation \(member.incarnation) differs from what another node was told")
    }
    return nil
  }
}
