import ShoalCore
import Synchronization

/// The events of a mesh, each iteration beginning with a snapshot.
///
/// What happens while the snapshot is taken may be in it and follow as an event as well; nothing is in neither. A reader may be as slow as it likes: events about one member that it has not taken yet are merged into the latest one, so
/// at most one waits for each member, and one for its metadata, and the latest state is never lost. The sequence ends after `.stopped`.
public struct MeshEvents: AsyncSequence, Sendable {
  public typealias Element = MeshEvent
  public typealias Failure = Never

  let driver: EngineDriver

  public func makeAsyncIterator() -> Iterator {
    Iterator(mailbox: driver.publisher.subscribe { driver.members(living: true) })
  }

  public struct Iterator: AsyncIteratorProtocol, Sendable {
    let mailbox: Mailbox

    public mutating func next() async -> MeshEvent? { await mailbox.next() }

    public mutating func next(isolation actor: isolated (any Actor)?) async -> MeshEvent? { await mailbox.next() }
  }
}

/// One reader's events that it has not taken yet. Ends its subscription when the reader lets go of it.
final class Mailbox: Sendable {
  private enum Key: Hashable {
    case snapshot
    case member(NodeID)
    case metadata(NodeID)
    case admitted
    case isolation
    case coordinator
    case joinFailed
    case stopped
  }

  private struct State {
    var order = Fifo<Key>()
    var latest: [Key: MeshEvent] = [:]
    var isFinished = false
    var waiter: CheckedContinuation<MeshEvent?, Never>?
  }

  private let state = Mutex(State())

  func put(_ event: MeshEvent) {
    let waiter = state.withLock { state -> CheckedContinuation<MeshEvent?, Never>? in
      guard !state.isFinished else { return nil }
      if let waiter = state.waiter {
        state.waiter = nil
        return waiter
      }
      let key = Self.key(of: event)
      if let pending = state.latest[key] {
        state.latest[key] = Self.merge(pending, event)
      } else {
        state.latest[key] = event
        state.order.append(key)
      }
      return nil
    }
    waiter?.resume(returning: event)
  }

  /// What is waiting can still be taken; then the sequence ends.
  func finish() {
    let waiter = state.withLock { state -> CheckedContinuation<MeshEvent?, Never>? in
      state.isFinished = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: nil)
  }

  func next() async -> MeshEvent? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state -> MeshEvent?? in
          if let event = Self.take(&state) { return .some(event) }
          if state.isFinished || Task.isCancelled || state.waiter != nil { return .some(nil) }
          state.waiter = continuation
          return nil
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      finish()
    }
  }

  var isFinished: Bool { state.withLock { $0.isFinished } }

  private static func take(_ state: inout State) -> MeshEvent? {
    guard let key = state.order.popFirst() else { return nil }
    return state.latest.removeValue(forKey: key)
  }

  /// A newcomer that the reader has not seen yet stays a newcomer, in its latest state, for as long as it lives.
  private static func merge(_ pending: MeshEvent, _ newer: MeshEvent) -> MeshEvent {
    if case .joined = pending, let member = newer.member, member.status.isLiving { return .joined(member) }
    return newer
  }

  private static func key(of event: MeshEvent) -> Key {
    switch event {
    case .snapshot: .snapshot
    case .admitted: .admitted
    case .metadataChanged(let member): .metadata(member.id)
    case .isolated, .isolationEnded: .isolation
    case .coordinatorChanged: .coordinator
    case .joinFailed: .joinFailed
    case .stopped: .stopped
    case .joined(let member), .updated(let member), .suspected(let member), .recovered(let member), .died(let member),
      .left(let member), .reaped(let member):
      .member(member.id)
    }
  }
}
