package import NIOCore
package import ShoalCore

/// What a bench needs beyond what services do: to watch a node from its event loop, and to play faults on it.
extension Mesh {
  package var eventLoop: any EventLoop { driver.eventLoop }

  /// What a node has sent and gone through. Call it on the node's event loop.
  package var figures: NodeFigures {
    eventLoop.preconditionInEventLoop()
    return NodeFigures(transport: driver.transport, engine: driver.engine.counters)
  }

  /// Reads the engine.
  package func readEngine<Value: Sendable>(_ body: (borrowing Engine) -> Value) -> Value { driver.read(body) }

  /// Stands still: reads, sends and decides nothing until `goOn()`, with all sockets open.
  package func standStill(_ kind: StandstillKind) async throws {
    try await eventLoop.submit { [driver] in driver.standStill(kind) }.get()
  }

  package func goOn() async throws { try await eventLoop.submit { [driver] in driver.goOn() }.get() }

  /// Breaks every connection for messages, as a network would. Returns how many there were.
  package func cutChannels() async throws -> Int {
    try await eventLoop.submit { [driver] in driver.messages.cutChannels() }.get()
  }

  /// Cuts the links to some endpoints, or with nil heals them all.
  package func cutLinks(_ filter: LinkFilter?) async throws {
    try await eventLoop.submit { [driver] in driver.cutLinks(filter) }.get()
  }
}

/// What one node has sent since it started, as it went to its sockets, and how often it probed and stalled.
package struct NodeFigures: Sendable, Codable {
  package let datagrams: UInt64
  /// Sealed, without IP and UDP headers.
  package let datagramBytes: UInt64
  package let streams: UInt64
  package let streamWrites: UInt64
  /// Sealed, without IP and TCP headers.
  package let streamBytes: UInt64
  package let stalls: UInt64

  init(transport: TransportCounters, engine: Counters) {
    datagrams = transport.datagramsWritten
    datagramBytes = transport.datagramBytesWritten
    streams = transport.streamsDialled + transport.streamsAccepted
    streamWrites = transport.streamWrites
    streamBytes = transport.streamBytesWritten
    stalls = engine.stallsNoticed
  }
}
