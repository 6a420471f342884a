/// Records that many engines in one process share: bytes that one of them has decoded are not decoded again by the others.
///
/// A simulated cluster of N nodes would else hold N copies of each of N records. A real node has no use for it.
///
/// It holds records strongly, in two generations: when the younger one is full, the older is dropped and the younger takes its
/// place. What is asked for again is young again. A record that was dropped is merely decoded anew; whoever holds it keeps it.
package final class RecordInterner {
  /// At most so many records in each generation; beyond, the generation that was not asked for of late is dropped.
  package static let generationLimit = 131_072

  // Looked up, never iterated.
  private var young: [Update.Claim: Record] = [:]
  private var old: [Update.Claim: Record] = [:]
  private let limit: Int

  /// - Parameter limit: records in each of the two generations. Default `generationLimit`, at least 1.
  package init(limit: Int = RecordInterner.generationLimit) {
    self.limit = max(1, limit)
  }

  /// How many records are held.
  package var count: Int { young.count + old.count }

  /// The record that these bytes stand for: a shared one when it is known, else a new one, which is kept for the next who asks.
  ///
  /// Of two different bodies for one claim the first stays shared; the other one is decoded each time, so that whoever holds
  /// the first still sees that they differ.
  package func record(_ claim: Update.Claim, body: RawSpan) throws(WireError) -> Record {
    if let known = young[claim] ?? old[claim] {
      guard known.isEncoded(as: body) else {
        return try Record(id: claim.id, incarnation: claim.incarnation, body: body)
      }
      if young[claim] == nil { keep(known, for: claim) }
      return known
    }
    let record = try Record(id: claim.id, incarnation: claim.incarnation, body: body)
    keep(record, for: claim)
    return record
  }

  private func keep(_ record: Record, for claim: Update.Claim) {
    if young.count >= limit {
      old = young
      young = [:]
    }
    young[claim] = record
  }
}
