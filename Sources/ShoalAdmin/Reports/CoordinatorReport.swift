package import Shoal

/// `GET /v1/coordinator`: whom the asked node follows, and what it does about coordination itself.
package struct CoordinatorReport: Codable, Sendable, Hashable {
  /// Nil while the asked node knows of none. Always a key in JSON.
  package var coordinator: ReignReport?
  /// Whether the asked node coordinates. `self` in JSON.
  package var isSelf: Bool
  /// inactive, isolated, noneEligible, noQuorum, following, settling, confirming or coordinating.
  package var state: String
  /// What decides who is named, with key or version.
  package var policy: String
  /// Whose consent a coordinator needs; nil where it needs nobody's. Always a key in JSON.
  package var quorum: QuorumReport?
  /// The asked node's name.
  package var node: String

  package enum CodingKeys: String, CodingKey {
    case coordinator, state, policy, quorum, node
    case isSelf = "self"
  }

  package init(_ mesh: Mesh) {
    coordinator = mesh.coordinator.map { ReignReport($0) }
    isSelf = mesh.isCoordinator
    state = mesh.coordinationState.rawValue
    policy = mesh.coordinatorPolicy.name
    quorum = QuorumReport(mesh)
    node = mesh.myself.name
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(coordinator, forKey: .coordinator)
    try container.encode(isSelf, forKey: .isSelf)
    try container.encode(state, forKey: .state)
    try container.encode(policy, forKey: .policy)
    try container.encode(quorum, forKey: .quorum)
    try container.encode(node, forKey: .node)
  }
}

/// The seats, and how the asked node stands with them.
package struct QuorumReport: Codable, Sendable, Hashable {
  /// How many seats there are.
  package var seats: Int
  /// How many of them a coordinator needs.
  package var majority: Int
  /// Of how many the asked node has a promise now; nil while it neither coordinates nor tries to.
  package var granted: Int?
  /// For how much longer it may act without another one, in seconds; nil like `granted`.
  package var leaseSeconds: Double?

  init?(_ mesh: Mesh) {
    let quorum = mesh.quorum
    guard quorum != .none else { return nil }
    seats = quorum.seatCount
    majority = quorum.majority
    let lease = mesh.lease
    granted = lease?.granted
    leaseSeconds = lease.map { $0.remainingTime / .seconds(1) }
  }

  var sentence: String {
    let promises = granted.map { "it has the promise of \($0)" } ?? "it has asked for none"
    return "A coordinator needs \(majority) of \(seats) seats; \(promises)."
  }
}

/// One reign.
package struct ReignReport: Codable, Sendable, Hashable {
  package var epoch: UInt64
  /// The coordinator's: 32 hexadecimal digits.
  package var id: String
  package var name: String
  /// Why it began: first, left, died, superseded, isolated, merged, leaseLost, drained, abdicated, forced or other.
  package var reason: String

  package init(_ reign: Reign) {
    epoch = reign.epoch
    id = reign.coordinator.description
    name = reign.name
    reason = reign.reason.name
  }
}

/// `GET /v1/coordinator/history`: the latest reigns that the asked node has followed, oldest first.
package struct CoordinatorHistoryReport: Codable, Sendable, Hashable {
  /// A reign as the asked node has seen it, times in milliseconds since 1970 by its own clock.
  package struct Entry: Codable, Sendable, Hashable {
    package var reign: ReignReport
    package var from: UInt64
    /// Nil while it lasts.
    package var until: UInt64?
    /// Why it ended; nil while it lasts.
    package var end: String?
  }

  package var reigns: [Entry]

  package init(_ mesh: Mesh) {
    reigns = mesh.reignHistory.map { past in
      Entry(reign: ReignReport(past.reign), from: past.from, until: past.until, end: past.end?.name)
    }
  }
}

extension CoordinatorReport {
  /// What a person wants to know, in plain sentences.
  package var sentences: [String] {
    var sentences: [String] = []
    if let coordinator {
      sentences.append(
        "\(coordinator.name) (\(coordinator.id.prefix(8))) coordinates under epoch \(coordinator.epoch): "
          + "\(Self.beginning(coordinator.reason)).")
    } else {
      sentences.append("Nobody coordinates, as far as \(node) knows.")
    }
    sentences.append("\(node), the node asked, \(standing); the policy is \(policy).")
    if let quorum { sentences.append(quorum.sentence) }
    return sentences
  }

  private static func beginning(_ reason: String) -> String {
    switch reason {
    case "first": "there was no reign before"
    case "left": "the coordinator before had left"
    case "died": "the coordinator before had died"
    case "superseded": "the view named it instead of the one before"
    case "isolated": "the coordinator before was cut off"
    case "leaseLost": "the coordinator before had too few seats to renew its lease"
    case "merged": "two reigns had met after a split"
    case "drained": "an operator drained the coordinator before"
    case "abdicated": "the coordinator before had abdicated"
    case "forced": "an operator forced a new reign"
    default: "how the reign before ended was not seen"
    }
  }

  private var standing: String {
    switch state {
    case "coordinating": "coordinates"
    case "following": "follows"
    case "settling": "is next, and waits until its view has been unchanged for a while"
    case "confirming": "is next, and asks others whether they see the same"
    case "isolated": "is cut off, and does not coordinate"
    case "noQuorum": "is next, and too few holders of seats are there or willing"
    case "noneEligible": "sees nobody who may coordinate"
    default: "takes no part"
    }
  }
}
