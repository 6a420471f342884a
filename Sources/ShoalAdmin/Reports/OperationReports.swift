package import Shoal

/// `POST /v1/drain` and `/v1/undrain`, and `GET /v1/drain` for how far it has come.
package struct DrainReport: Codable, Sendable, Hashable {
  /// What a drain waits for tokens unless told otherwise.
  package static let standardTimeout = Duration.seconds(30)

  package var name: String
  package var draining: Bool
  /// Whether the node still coordinates.
  package var coordinating: Bool
  /// Fencing tokens of its reign that are out.
  package var openTokens: Int
  /// How long its reign goes on at most, in seconds; nil when the drain keeps none.
  package var secondsLeft: Double?

  package init(_ mesh: Mesh) {
    let progress = mesh.drainProgress
    name = mesh.myself.name
    draining = progress.isDraining
    coordinating = progress.isCoordinator
    openTokens = progress.openTokens
    secondsLeft = progress.timeLeft.map { $0 / .seconds(1) }
  }

  /// What a person wants to know.
  package var sentence: String {
    switch (draining, coordinating) {
    case (true, true): "\(name) is draining and still coordinates: \(openTokens) fencing tokens are out\(limit)."
    case (true, false): "\(name) is draining and does not coordinate."
    case (false, true): "\(name) is not draining, and coordinates."
    case (false, false): "\(name) is not draining, and may coordinate when it is its turn."
    }
  }

  private var limit: String { secondsLeft.map { ", \(Int($0.rounded(.up))) s left" } ?? "" }
}

/// `POST /v1/abdicate`, once the next one reigns, or none has for long enough.
package struct AbdicationReport: Codable, Sendable, Hashable {
  package var name: String
  /// The next reign; nil when none began in time.
  package var coordinator: ReignReport?
}

/// `POST /v1/elect`, once the new reign is followed.
package struct ElectionReport: Codable, Sendable, Hashable {
  package var reign: ReignReport
}

/// `POST /v1/members/{name}/evict`.
package struct EvictionReport: Codable, Sendable, Hashable {
  package var name: String
  /// 32 hexadecimal digits.
  package var id: String
  /// What it was before: alive, suspect or dead.
  package var status: String

  package init(_ member: Member) {
    name = member.name
    id = member.id.description
    status = member.status.name
  }
}
