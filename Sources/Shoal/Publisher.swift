import ShoalCore
import ShoalSecurity
import Synchronization

/// What a node tells whoever asks, from any thread: its counters, and its events.
final class Publisher: Sendable {
  struct State: Sendable {
    var core = Counters()
    var security = SecurityCounters()
    var transport = TransportCounters()
    var messaging = MessagingCounters()
    var broadcasting = BroadcastCounters()
    var isStopped = false
    var stopReason: MeshStopReason?
    fileprivate var readers: [WeakMailbox] = []
  }

  fileprivate struct WeakMailbox: Sendable {
    weak let mailbox: Mailbox?
  }

  private let state = Mutex(State())

  func read<Value: Sendable>(_ body: @Sendable (borrowing State) -> Value) -> Value {
    state.withLock { body($0) }
  }

  /// Publishes one step of the engine: first the counters, then its events, as one.
  func publish(_ events: [MeshEvent], update: (inout State) -> Void) {
    state.withLock { state in
      update(&state)
      guard !events.isEmpty else { return }
      for event in events {
        if case .stopped(let reason) = event { state.stopReason = reason }
        for reader in state.readers { reader.mailbox?.put(event) }
      }
      state.readers.removeAll { $0.mailbox?.isFinished ?? true }
    }
  }

  func finish() {
    state.withLock { state in
      for reader in state.readers { reader.mailbox?.finish() }
      state.readers.removeAll()
    }
  }

  /// A mailbox that begins with a snapshot.
  ///
  /// - Parameter snapshot: the living members at this moment. What it shows already may also follow as an event; nothing that it does
  ///   not show is left out.
  func subscribe(snapshot: () -> [Member]) -> Mailbox {
    let mailbox = Mailbox()
    state.withLock { state in
      mailbox.put(.snapshot(snapshot()))
      if state.isStopped { mailbox.finish() } else { state.readers.append(WeakMailbox(mailbox: mailbox)) }
    }
    return mailbox
  }
}

/// What the sockets have counted.
struct TransportCounters: Sendable, Equatable {
  var streamsAccepted: UInt64 = 0
  var streamsDialled: UInt64 = 0
  var handshakesFailed: UInt64 = 0
  var handshakesTimedOut: UInt64 = 0
  var streamsDisplaced: UInt64 = 0
  var acceptsFailed: UInt64 = 0
  var datagramsWritten: UInt64 = 0
  /// Sealed, without IP and UDP headers.
  var datagramBytesWritten: UInt64 = 0
  var datagramSendsFailed: UInt64 = 0
  var streamWrites: UInt64 = 0
  /// Sealed, without IP and TCP headers.
  var streamBytesWritten: UInt64 = 0
  var saltsDrawn: UInt64 = 0
  var stalls: UInt64 = 0

  var all: [(name: String, value: UInt64)] {
    [
      ("streams_accepted", streamsAccepted), ("streams_dialled", streamsDialled),
      ("handshakes_failed", handshakesFailed), ("handshakes_timed_out", handshakesTimedOut),
      ("streams_displaced", streamsDisplaced), ("accepts_failed", acceptsFailed),
      ("datagrams_written", datagramsWritten), ("datagram_bytes_written", datagramBytesWritten),
      ("stream_writes", streamWrites), ("stream_bytes_written", streamBytesWritten),
      ("datagram_sends_failed", datagramSendsFailed), ("salts_drawn", saltsDrawn), ("stalls", stalls),
    ]
  }
}
