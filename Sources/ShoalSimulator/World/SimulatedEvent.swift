import ShoalCore

/// One thing that will happen in the world. Processes, machines and packets are named by their index.
enum SimulatedEvent: BitwiseCopyable {
  /// A process asked to be woken.
  case wake(process: Int32)
  /// The same, for its messenger.
  case messengerWake(process: Int32)
  /// Some node sends others messages.
  case messagesDue
  /// A datagram reaches a machine.
  case packet(PacketID)
  /// A SYN leaves the dialling machine.
  case dialAttempt(LinkID)
  /// A SYN reaches the dialled machine.
  case dialArrives(LinkID)
  /// The dialling side hears that the far kernel has accepted.
  case dialConnected(LinkID)
  /// The patience of a driver with a connection that is not ready ends.
  case patienceEnds(LinkID, toDialer: Bool)
  /// The next segment reaches the dialling (`toDialer`) or the accepting side.
  case segment(LinkID, toDialer: Bool)
  /// The end of a connection reaches one side out of order.
  case linkEnds(LinkID, LinkEnd, toDialer: Bool)
  /// An answer of the host table.
  case resolved(process: Int32, raw: UInt64, machine: Int32)
  /// What a process must not forget is safe on its disk.
  case memoryKept(process: Int32, version: UInt64)
  /// A scheduled fault begins.
  case faultBegins(Int32)
  /// A fault that goes on ends.
  case faultEnds(Int32)
  /// The next forged datagrams are due.
  case forgeryDue(Int32)
  /// The keys before this generation are removed.
  case keysRetire(Int32)
  /// Something that the user of the world wants done.
  case action(Int32)
  /// Checkers look at what is no single event.
  case checkpoint
}
