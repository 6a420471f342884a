import ShoalCore
import Testing

/// Prefers names that begin with a letter, then the older one.
private struct ByName: CoordinatorOrder {
  let letter: Character
  var name: String { "names with \(letter)" }
  var version: UInt32 { 1 }

  func precedes(_ first: CoordinatorCandidate, _ second: CoordinatorCandidate) -> Bool {
    let (isFirst, isSecond) = (first.name.first == letter, second.name.first == letter)
    return isFirst == isSecond ? (first.seniority, first.id) < (second.seniority, second.id) : isFirst
  }
}

@Suite struct CoordinatorPolicyTests {
  private static let policies: [CoordinatorPolicy] = [
    .oldest, .highestID, .lowestID, .rendezvous(key: "orders"), .custom(CustomCoordinatorPolicy(ByName(letter: "b"))),
  ]

  private static func candidate(_ name: String, id: UInt64, seniority: UInt64) -> CoordinatorCandidate {
    CoordinatorCandidate(
      Record(
        id: NodeID(high: id, low: 1), incarnation: 1, seniority: seniority, role: .member, versions: .current, salt: 1,
        endpoint: Endpoint(v4: 0x0A00_0001, port: 1), name: name, tags: [:], supersedes: nil))
  }

  private static let candidates = [
    candidate("a", id: 20, seniority: 5), candidate("b", id: 30, seniority: 7), candidate("c", id: 10, seniority: 5),
    candidate("d", id: 40, seniority: 9),
  ]

  @Test("each policy names whom it says")
  func names() {
    func named(_ policy: CoordinatorPolicy) -> UInt64? { policy.coordinator(among: Self.candidates)?.high }
    #expect(named(.oldest) == 10)
    #expect(named(.highestID) == 40)
    #expect(named(.lowestID) == 10)
    #expect(named(.custom(CustomCoordinatorPolicy(ByName(letter: "b")))) == 30)
    #expect(CoordinatorPolicy.oldest.coordinator(among: []) == nil)
  }

  @Test(
    "whom a policy names does not depend on the order of candidates, nor on anybody behind the first",
    arguments: Self.policies)
  func pure(policy: CoordinatorPolicy) throws {
    let first = try #require(policy.coordinator(among: Self.candidates))
    var random = PRNG(seed: 1)
    for _ in 0..<50 {
      var shuffled = Self.candidates
      random.shuffle(&shuffled)
      #expect(policy.coordinator(among: shuffled) == first)
      shuffled.removeAll { $0.id != first && random.below(2) == 0 }
      #expect(policy.coordinator(among: shuffled) == first)
    }
  }

  @Test("rendezvous spreads keys over members, and moves only the keys of one that goes")
  func rendezvous() {
    let many = (1...10).map { Self.candidate("m\($0)", id: UInt64($0) << 40, seniority: UInt64($0)) }
    var counts: [NodeID: Int] = [:]
    for key in 0..<1_000 {
      let policy = CoordinatorPolicy.rendezvous(key: "key-\(key)")
      let named = policy.coordinator(among: many)
      counts[named ?? .unknown, default: 0] += 1
      let without = policy.coordinator(among: many.dropFirst())
      if named != many[0].id { #expect(without == named) }
    }
    #expect(counts.count == 10)
    #expect(counts.values.allSatisfy { (50...200).contains($0) }, "\(counts.values.sorted())")
  }

  @Test("a policy is the same when name, key and version are")
  func equality() {
    #expect(CoordinatorPolicy.rendezvous(key: "a") != .rendezvous(key: "b"))
    #expect(
      CoordinatorPolicy.custom(CustomCoordinatorPolicy(ByName(letter: "b")))
        == .custom(CustomCoordinatorPolicy(ByName(letter: "b"))))
    #expect(
      CoordinatorPolicy.custom(CustomCoordinatorPolicy(ByName(letter: "b")))
        != .custom(CustomCoordinatorPolicy(ByName(letter: "c"))))
  }

  @Test("a key that is empty or too long, and a wait out of range, are refused by name")
  func refused() {
    var keyless = CoreConfiguration()
    keyless.coordination.policy = .rendezvous(key: "")
    var hasty = CoreConfiguration()
    hasty.coordination.settleTime = .zero
    for (configuration, field) in [(keyless, "coordination.policy.key"), (hasty, "coordination.settleTime")] {
      let error = #expect(throws: ConfigurationError.self) { try configuration.validate() }
      #expect(error?.field == field)
    }
  }
}
