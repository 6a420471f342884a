import ShoalCore

/// Processes of other builds among those of this one.
extension World {
  /// Starts another build at a node's address, killing what runs there. The name keeps that build.
  @discardableResult
  public func upgrade(_ name: String, to build: Build) -> Bool {
    guard let node = node(named: name) else { return false }
    let former = machines[Int(node.machine)].build
    machines[Int(node.machine)].build = build
    guard restart(name) else {
      machines[Int(node.machine)].build = former
      return false
    }
    faults.upgrades += 1
    return true
  }

  /// Sets how much a node's receive buffer holds while its process does not read, in bytes as the kernel counts them.
  @discardableResult
  public func setReceiveBuffer(of name: String, to bytes: Int) -> Bool {
    guard let node = node(named: name), node.state == .running || node.state == .paused else { return false }
    node.receiveBuffer = max(0, bytes)
    if node.receiveBuffer < SocketBuffer.bytes { faults.smallBuffers += 1 }
    return true
  }

  // MARK: A later version's words

  /// Adds a field that this version does not know.
  func addLaterField(to bytes: inout [UInt8]) {
    bytes.writeField(Self.laterTag) { $0.append(contentsOf: [1, 2, 3]) }
    faults.laterDatagrams += 1
  }

  /// A kind of datagram that this version does not know, to go out with one datagram in so many.
  static let laterDatagram: [UInt8] = [0x7F, 0, 0, 0, 1, 9, 9, 9]
  private static let laterDatagramEvery = 8
  private static let laterTag: UInt8 = 0xE0

  func isLaterDatagramDue(from node: VirtualNode) -> Bool {
    node.traffic.packets % UInt64(Self.laterDatagramEvery) == 0
  }
}

extension Build {
  /// The protocol versions that a process of this build speaks.
  var versions: WireVersionRange {
    switch self {
    case .current, .plain: .current
    case .later: WireVersionRange(lowest: 1, highest: 2)
    case .foreign: WireVersionRange(lowest: 200, highest: 200)
    }
  }
}
