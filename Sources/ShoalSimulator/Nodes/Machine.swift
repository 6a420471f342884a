import ShoalCore

/// A place with a name and an address, on which one process at a time runs.
struct Machine {
  let name: String
  let endpoint: Endpoint
  /// Where its processes look for the cluster.
  var seeds: [SeedAddress]
  /// The metadata of its processes, as of a configuration file: kept over restarts.
  var metadata: [UInt8] = []
  /// What is in its state file; nil where there is none.
  var memory: CoordinationMemory?
  /// The latest process here; -1 while there never was one.
  var process: Int32 = -1
  var clock = LocalClock()
  /// What its processes are built from.
  var build = Build.current
  /// Whether the machine itself answers: a port without a process refuses, a machine without power is silent.
  var isPowered = true

  /// 10.0.0.1 for the first machine, and so on; one port for all.
  static func endpoint(at index: Int) -> Endpoint { Endpoint(v4: UInt32(firstAddress + index), port: port) }

  /// The machine at an address; nil when there is none in a world of `count`.
  static func index(of endpoint: Endpoint, count: Int) -> Int32? {
    let base = Self.endpoint(at: 0)
    guard endpoint.family == .v4, endpoint.port == port, endpoint.low >= base.low,
      endpoint.low - base.low < UInt64(count)
    else { return nil }
    return Int32(endpoint.low - base.low)
  }

  static let port: UInt16 = 7_946
  private static let firstAddress = 0x0A00_0001
}
