import ShoalCore

/// What was published, and what its publisher was told became of it.
struct PublicationAccount {
  private let hash: UInt64
  let topic: Topic
  let members: Set<NodeID>
  private var progress: BroadcastProgress?

  init(_ payload: [UInt8], to topic: Topic, members: [NodeID]) {
    hash = StableHash.hash(of: payload)
    self.topic = topic
    self.members = Set(members)
  }

  /// How what arrived differs from what was published; nil when it does not.
  func difference(from publication: Publication) -> String? {
    if topic != publication.topic { return "in another topic" }
    return hash == StableHash.hash(of: publication.payload) ? nil : "changed"
  }

  /// Its publisher is told what became of it. Returns what is wrong with that.
  mutating func settle(_ progress: BroadcastProgress, name: String) -> String? {
    defer { self.progress = progress }
    if self.progress != nil { return "it was told twice what became of \(name)" }
    let told = progress.acknowledged + progress.failed.map { $0.id }
    return told.count == members.count && Set(told) == members
      ? nil
      : "it was told of \(told.count) members to whom \(name) went, which were \(members.count), and not the same ones"
  }

  /// What is wrong at the end: its publisher was told nothing, or that members have it who have not.
  ///
  /// - Parameter lacks: whether a member should have it, and has not.
  func close(name: String, lacks: (NodeID) -> Bool) -> [String] {
    guard let progress else { return ["it was never told what became of \(name)"] }
    return progress.acknowledged.filter(lacks).map { "it was told that \($0.short) has \(name), which it has not" }
  }
}
