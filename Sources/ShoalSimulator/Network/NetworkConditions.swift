/// How packets travel between machines. Every draw comes from the world's seed.
public struct NetworkConditions: Sendable, Hashable {
  /// The shortest one-way trip. Default 200 µs.
  public var latency: Duration = .microseconds(200)
  /// Up to this much is added to each trip, evenly drawn; datagrams overtake each other within it. Default 300 µs.
  public var jitter: Duration = .microseconds(300)
  /// How many of a million datagrams vanish. Default 0. A lost segment delays a stream's frame by 200 ms instead.
  public var lossPerMillion: Int = 0
  /// How many of a million datagrams arrive twice. Default 0.
  public var duplicatePerMillion: Int = 0
  /// How many of a million datagrams are held up by `spike`. Default 0.
  public var spikesPerMillion: Int = 0
  /// How long a held-up datagram is late. Default 100 ms.
  public var spike: Duration = .milliseconds(100)

  public init() {}

  /// One data centre without faults.
  public static var lan: NetworkConditions { NetworkConditions() }

  /// One data centre that loses this share of datagrams, in percent.
  public static func lossy(percent: Int) -> NetworkConditions {
    var conditions = NetworkConditions()
    conditions.lossPerMillion = percent * 10_000
    return conditions
  }
}
