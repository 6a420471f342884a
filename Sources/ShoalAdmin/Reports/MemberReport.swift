package import Shoal

/// One member as the control API and `--json` show it.
package struct MemberReport: Codable, Sendable, Hashable {
  package var name: String
  /// 32 hexadecimal digits.
  package var id: String
  package var address: String
  /// alive, suspect, dead or left.
  package var status: String
  package var incarnation: UInt64
  /// The lower, the longer in the cluster.
  package var seniority: UInt64
  /// member or observer.
  package var role: String
  /// Of notEligible, draining and abdicated those that hold.
  package var flags: [String]
  /// Whether it may coordinate.
  package var eligible: Bool
  package var tags: [String: String]
  /// 0 while it never had any metadata.
  package var metadataVersion: UInt64
  /// Whether this is the node that was asked. `self` in JSON.
  package var isSelf: Bool

  package enum CodingKeys: String, CodingKey {
    case name, id, address, status, incarnation, seniority, role, flags, eligible, tags, metadataVersion
    case isSelf = "self"
  }

  package init(_ member: Member, myself: NodeID) {
    name = member.name
    id = member.id.description
    address = member.endpoint.description
    status = "\(member.status)"
    incarnation = member.incarnation
    seniority = member.seniority
    role = "\(member.role)"
    flags = member.flags.names
    eligible = member.isEligible
    tags = member.tags
    metadataVersion = member.metadataVersion
    isSelf = member.id == myself
  }
}

/// `GET /v1/members`: everybody that is known, the living first, each part sorted by name.
package struct MembersReport: Codable, Sendable, Hashable {
  /// 16 hexadecimal digits over the living: nodes with the same digits see the same members.
  package var fingerprint: String
  /// Whether the peers that this node heard from last agreed with its fingerprint.
  package var converged: Bool
  /// Whether it hears nobody, and takes itself for cut off: what it says of the others may be old.
  package var isolated: Bool
  package var members: [MemberReport]

  package init(_ mesh: Mesh) {
    let myself = mesh.myself.id
    fingerprint = Hexadecimal.digits(mesh.fingerprint)
    converged = mesh.isConverged
    isolated = mesh.isIsolated
    members = (mesh.members + mesh.departed).map { MemberReport($0, myself: myself) }
  }
}
