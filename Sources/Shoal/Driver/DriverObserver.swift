package import ShoalCore

/// Sees what one node's driver does, on the node's event loop: for tools that measure many nodes in one process.
///
/// A driver without one pays a comparison for each step and each datagram.
package protocol DriverObserver: AnyObject, Sendable {
  /// A step is over: what it has published, mostly nothing, and the engine as it stands now.
  func stepped(_ events: [Event], _ engine: borrowing Engine)
  /// A datagram is about to be sealed and sent.
  func sends(datagram: RawSpan)
  /// A frame is about to be sealed and written to a stream.
  func sends(frame: RawSpan)
}
