package import Shoal
import ShoalCore

/// `GET /v1/self`: the node that was asked, its versions, and everything it has counted.
package struct SelfReport: Codable, Sendable, Hashable {
  package struct Versions: Codable, Sendable, Hashable {
    package var shoal: String
    /// The versions of the wire protocol that this build speaks, both ends included.
    package var protocolLowest: UInt8
    package var protocolHighest: UInt8
  }

  package var member: MemberReport
  package var versions: Versions
  /// idle, joining, admitted, leaving or stopped.
  package var state: String
  package var cluster: String
  /// Where this node listens; `member.address` is where others reach it.
  package var bound: String
  package var fingerprint: String
  package var converged: Bool
  /// Whether this node hears nobody, and takes itself for cut off.
  package var isolated: Bool
  /// Every counter since the start of the process, by name.
  package var counters: [String: UInt64]

  package init(_ mesh: Mesh) {
    let myself = mesh.myself
    member = MemberReport(myself, myself: myself.id)
    versions = Versions(
      shoal: ShoalVersion.current, protocolLowest: myself.versions.lowest, protocolHighest: myself.versions.highest)
    state = "\(mesh.phase)"
    cluster = mesh.clusterID
    bound = mesh.boundEndpoint.description
    fingerprint = Hexadecimal.digits(mesh.fingerprint)
    converged = mesh.isConverged
    isolated = mesh.isIsolated
    counters = Dictionary(mesh.counters.map { ($0.name, $0.value) }, uniquingKeysWith: { $0 &+ $1 })
  }
}
