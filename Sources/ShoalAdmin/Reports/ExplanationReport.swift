package import Shoal

/// `GET /v1/members/{name}`: all records under one name, newest first, with what led to their status.
package struct ExplanationReport: Codable, Sendable, Hashable {
  package var records: [RecordReport]
  /// The agent's wall clock, milliseconds since 1970: what the times in the records are to be compared with.
  package var now: UInt64
}

/// One record and how it came to its status. Times are the asked node's own, milliseconds since 1970.
package struct RecordReport: Codable, Sendable, Hashable {
  /// A node by the name that people know it by; nil when the asked node has forgotten it.
  package struct Node: Codable, Sendable, Hashable {
    package var id: String
    package var name: String?

    package init(id: String, name: String?) {
      self.id = id
      self.name = name
    }
  }

  /// Who accused it, who else heard nothing, and on which paths.
  package struct Accusation: Codable, Sendable, Hashable {
    package var accuser: Node
    package var witnesses: [Node]
    /// Any of direct, indirect, stream, refused, stalled, alone.
    package var paths: [String]
  }

  package var member: MemberReport
  /// left, evicted, superseded or nameConflict; nil unless the status is left.
  package var leaveReason: String?
  package var statusSince: UInt64
  /// When the latest suspicion was first heard of or raised here; nil when there was none.
  package var suspectedAt: UInt64?
  /// How long the latest suspicion has lasted, or lasted until the present status; nil when there was none.
  package var suspicionMilliseconds: UInt64?
  /// For the dead: whether this node's own suspicion ran out, or it took over another's verdict.
  package var decidedHere: Bool?
  package var evidence: Accusation?
  /// Whether the asked node suspects it right now; in private still when the status is alive.
  package var suspectedHere: Bool
  /// How it answers the asked node while it does not answer its pings; nil while it does.
  package var detour: Detour?

  /// A link between two nodes is broken; both live.
  package struct Detour: Codable, Sendable, Hashable {
    /// The member through which it answered; nil when it was over TCP.
    package var helper: Node?
    package var since: UInt64
  }
}

extension ExplanationReport {
  /// - Parameter names: the names of all nodes that are known.
  package init(_ explanations: [Explanation], names: [NodeID: String], myself: NodeID, now: UInt64) {
    records = explanations.map { RecordReport($0, names: names, myself: myself, now: now) }
    self.now = now
  }
}

extension RecordReport {
  package init(_ explanation: Explanation, names: [NodeID: String], myself: NodeID, now: UInt64) {
    let status = explanation.member.status
    member = MemberReport(explanation.member, myself: myself)
    leaveReason = explanation.member.leaveReason.map { "\($0)" }
    statusSince = explanation.statusSince
    suspectedAt = explanation.suspectedAt
    suspicionMilliseconds = explanation.suspectedAt.map { start in
      let end = status == .suspect ? now : explanation.statusSince
      return end > start ? end - start : 0
    }
    decidedHere = explanation.decidedHere
    evidence = explanation.evidence.map { Accusation($0, names: names) }
    suspectedHere = explanation.isSuspectedHere
    detour = explanation.detour.map { detour in
      Detour(helper: detour.helper.map { Node(id: $0.description, name: names[$0]) }, since: detour.since)
    }
  }
}

extension RecordReport.Accusation {
  init(_ evidence: Evidence, names: [NodeID: String]) {
    func node(_ id: NodeID) -> RecordReport.Node { RecordReport.Node(id: id.description, name: names[id]) }
    accuser = node(evidence.accuser)
    witnesses = evidence.witnesses.map(node)
    let known: [(Evidence.Paths, String)] = [
      (.direct, "direct"), (.indirect, "indirect"), (.stream, "stream"), (.refused, "refused"),
      (.stalled, "stalled"), (.alone, "alone"),
    ]
    paths = known.filter { evidence.paths.contains($0.0) }.map(\.1)
  }
}
