import ShoalCore
import ShoalSecurity
import Synchronization

/// What a node shows to whoever asks, from any thread, without waiting for its event loop.
final class Publisher: Sendable {
  struct State: Sendable {
    var members: [NodeID: Member] = [:]
    var myself: Member
    var fingerprint: UInt64 = 0
    var isConverged = false
    var isIsolated = false
    var phase = EnginePhase.idle
    var core = Counters()
    var security = SecurityCounters()
    var transport = TransportCounters()
    var localHealthScore = 0
    var stopReason: MeshStopReason?
    fileprivate var readers: [WeakMailbox] = []
  }

  fileprivate struct WeakMailbox: Sendable {
    weak let mailbox: Mailbox?
  }

  private let state: Mutex<State>

  init(myself: Member) { state = Mutex(State(myself: myself)) }

  func read<Value: Sendable>(_ body: @Sendable (borrowing State) -> Value) -> Value {
    state.withLock { body($0) }
  }

  /// Publishes one step of the engine: first the state, then its events, as one.
  func publish(_ events: [MeshEvent], update: (inout State) -> Void) {
    state.withLock { state in
      update(&state)
      for event in events {
        state.apply(event)
        for reader in state.readers { reader.mailbox?.put(event) }
      }
      if !events.isEmpty { state.readers.removeAll { $0.mailbox?.isFinished ?? true } }
    }
  }

  func finish() {
    state.withLock { state in
      for reader in state.readers { reader.mailbox?.finish() }
      state.readers.removeAll()
    }
  }

  func subscribe() -> Mailbox {
    let mailbox = Mailbox()
    state.withLock { state in
      mailbox.put(.snapshot(state.living))
      if state.phase == .stopped { mailbox.finish() } else { state.readers.append(WeakMailbox(mailbox: mailbox)) }
    }
    return mailbox
  }
}

extension Publisher.State {
  /// The living members, by name.
  var living: [Member] {
    members.values.filter(\.status.isLiving).sorted { ($0.name, $0.id) < ($1.name, $1.id) }
  }

  /// The dead and left ones that are remembered, by name.
  var departed: [Member] {
    members.values.filter { !$0.status.isLiving }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
  }

  fileprivate mutating func apply(_ event: MeshEvent) {
    switch event {
    case .joined(let member), .updated(let member), .suspected(let member), .recovered(let member), .died(let member),
      .left(let member):
      members[member.id] = member
    case .reaped(let member): members[member.id] = nil
    case .stopped(let reason): stopReason = reason
    // Its version is that of a record that has been published.
    case .metadataChanged: break
    case .snapshot, .admitted, .isolated, .isolationEnded, .joinFailed: break
    }
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
