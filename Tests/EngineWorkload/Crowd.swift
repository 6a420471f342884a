package import ShoalCore

/// Members that exist as records only: what an engine is told of them, and what they answer by script.
package struct Crowd {
  package let members: [Record]
  /// Their NodeIDs once more, so that picking a sender does not touch what the engine is about to look at.
  private let ids: [NodeID]

  package init(count: Int) {
    members = (0..<count).map(Self.record)
    ids = members.map(\.id)
  }

  /// Who sends: everybody in turn, in an order that no cache foresees.
  package func sender(_ step: Int) -> NodeID {
    ids[Int(StableHash.finalize(UInt64(truncatingIfNeeded: step)) % UInt64(ids.count))]
  }

  private static func record(_ number: Int) -> Record {
    Record(
      id: id(number), incarnation: 1, seniority: UInt64(number) + 1, role: .member, versions: .current,
      salt: UInt64(number), endpoint: Endpoint(v4: 0x0A00_0000 + UInt32(number), port: 7946), name: "member-\(number)",
      tags: ["zone": "z\(number % 3)"], supersedes: nil)
  }

  private static func id(_ number: Int) -> NodeID {
    NodeID(high: StableHash.finalize(UInt64(number) + 1), low: UInt64(number))
  }

  /// Whoever seeds the joins.
  package var seed: Record { members[0] }

  /// The record of the newcomer under test: the one after all members.
  package var newcomer: Record { Self.record(members.count) }
}
