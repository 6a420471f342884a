package import ShoalCore

/// Inbound connections that have not authenticated themselves. There is room for so many; for a further one another has to go.
///
/// The one that goes is drawn among those of the address that has the most: whoever fills the table from one address pays for it alone,
/// and nobody can choose which of several newcomers does.
package struct Strangers {
  /// At most so many wait at a time.
  package static let limit = 512
  /// So many are looked at to tell which address has the most.
  private static let sampleSize = 8

  private struct Stranger {
    let id: StreamID
    /// Without its port; nil while it is not known.
    var host: Endpoint?
  }

  private var all: [Stranger] = []

  package init() {}

  package var isFull: Bool { all.count >= Self.limit }

  package mutating func add(_ id: StreamID) { all.append(Stranger(id: id, host: nil)) }

  /// Notes where a connection has come from.
  package mutating func locate(_ id: StreamID, at endpoint: Endpoint) {
    // It is mostly the one that has just come.
    guard let position = all.lastIndex(where: { $0.id == id }) else { return }
    all[position].host = endpoint.with(port: 0)
  }

  package mutating func remove(_ id: StreamID) { all.removeAll { $0.id == id } }

  package mutating func removeAll() { all.removeAll() }

  /// Takes out the one that has to go; nil when there is none.
  ///
  /// - Parameter draw: a random number below the one given.
  package mutating func displace(draw: (Int) -> Int) -> StreamID? {
    guard !all.isEmpty else { return nil }
    let sample = (0..<Self.sampleSize).map { _ in draw(all.count) }
    var (chosen, most) = (sample[0], 0)
    for position in sample {
      let neighbours = sample.count { all[$0].host == all[position].host }
      if neighbours > most { (chosen, most) = (position, neighbours) }
    }
    return all.remove(at: chosen).id
  }
}
