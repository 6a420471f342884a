/// Over how many processes the nodes are spread, and which of them hold which nodes.
package struct Spread: Sendable, Equatable {
  package let nodes: Int
  package let processes: Int

  /// Up to so many nodes share one process unless another number is asked for.
  private static let usualNodes = 2_000
  /// Each process has threads of its own.
  static let processLimit = 64
  /// So many nodes leave an event loop idle most of the time. Nodes that share a loop share its wake-ups.
  private static let nodesPerLoop = 128

  /// - Parameters:
  ///   - asked: how many processes somebody wants; nil for as few as do well.
  ///   - files: how many files a process may have open.
  package init(nodes: Int, asked: Int?, files: Int) throws(SpreadError) {
    let capacity = FileLimit.nodes(files: files)
    guard capacity > 0, (nodes + capacity - 1) / capacity <= Self.processLimit else {
      throw SpreadError(nodes: nodes, processes: Self.processLimit, files: files)
    }
    self.nodes = nodes
    processes = min(
      nodes, asked ?? max((nodes + Self.usualNodes - 1) / Self.usualNodes, (nodes + capacity - 1) / capacity))
    let most = (nodes + processes - 1) / processes
    guard most <= capacity else { throw SpreadError(nodes: nodes, processes: processes, files: files) }
  }

  /// How many event loops each process has.
  ///
  /// - Parameter cores: more loops than that are of no use.
  package func loops(cores: Int) -> Int {
    let most = (nodes + processes - 1) / processes
    return max(1, min(cores, (most + Self.nodesPerLoop - 1) / Self.nodesPerLoop))
  }

  /// The process that holds a node; those that come later are dealt out in turn.
  func process(of node: Int) -> Int { node < nodes ? node * processes / nodes : node % processes }

  package func nodes(of process: Int) -> [Int] { (0..<nodes).filter { self.process(of: $0) == process } }
}

/// There are not enough open files for so many nodes.
package struct SpreadError: Error, CustomStringConvertible {
  let nodes: Int
  let processes: Int
  let files: Int

  package var description: String {
    let most = (nodes + processes - 1) / processes
    let needed = most * FileLimit.filesPerNode + FileLimit.reserve
    let others = FileLimit.nodes(files: files) > 0 ? (nodes - 1) / FileLimit.nodes(files: files) + 1 : 0
    let spread = (1...Spread.processLimit).contains(others) ? ", or spread them with --processes \(others)" : ""
    return
      "\(nodes) nodes in \(processes) processes need \(needed) open files in each, but the limit is \(files): raise it with "
      + "'ulimit -Hn \(needed)' as root\(spread)"
  }
}
