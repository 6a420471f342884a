package import NIOCore
package import ShoalCore
import Synchronization

/// Who has a timer on an event loop.
package protocol LoopTimerOwner: AnyObject {
  /// Its timer has fired, late or not.
  func timerFired()
}

/// The timers of all engines that share an event loop, one for each; the loop itself has one, for the earliest of them.
///
/// A loop runs all that is due before it looks at its sockets again. Where many nodes share one that cannot keep up, timers would follow
/// timers, and what others have answered would never be read. So after a while of timers alone the rest of them wait until the loop has
/// looked, and then are as late as they are. Timers fire at whole milliseconds, so that those of one moment cost one waking.
/// Confined to its loop, but for `shared`.
package final class LoopTimers: NIOScheduledCallbackHandler, @unchecked Sendable {
  private let eventLoop: any EventLoop
  private let clock: () -> Instant
  private var deadlines = DeadlineHeap()
  private var owners: [(any LoopTimerOwner)?] = []
  /// Places of owners that are gone.
  private var vacant: [Int] = []
  private var callback: NIOScheduledCallback?
  private var callbackDue: Instant?
  /// No timer fires before.
  private var resumesAt = Instant.zero
  private var isFiring = false

  /// Timers work for so long before the rest waits.
  package static let limit = Nanoseconds.milliseconds(50)
  /// For how long none of them is due then, so that the loop looks at its sockets.
  package static let pause = Nanoseconds.milliseconds(1)

  /// The loop wakes up at multiples of it, but for what had to wait for the sockets.
  package static let resolution = Nanoseconds.milliseconds(1)

  private struct Entry {
    weak var timers: LoopTimers?
  }

  private static let all = Mutex<[ObjectIdentifier: Entry]>([:])

  /// - Parameter clock: what time it is; the loop's own clock must pass as fast.
  package init(on eventLoop: any EventLoop, clock: @escaping () -> Instant) {
    self.eventLoop = eventLoop
    self.clock = clock
  }

  /// What all nodes of a loop have in common.
  static func shared(by loop: any EventLoop) -> LoopTimers {
    all.withLock { all in
      let name = ObjectIdentifier(loop)
      if let timers = all[name]?.timers { return timers }
      let timers = LoopTimers(on: loop) { SystemClock.now().monotonic }
      all = all.filter { $0.value.timers != nil }
      all[name] = Entry(timers: timers)
      return timers
    }
  }

  /// Returns by which number an owner is known until it is removed.
  package func add(_ owner: any LoopTimerOwner) -> Int {
    guard let number = vacant.popLast() else {
      owners.append(owner)
      return owners.count - 1
    }
    owners[number] = owner
    return number
  }

  package func remove(_ number: Int) {
    cancel(number)
    owners[number] = nil
    vacant.append(number)
  }

  /// When an owner's timer fires; nil when it does not.
  package func deadline(of number: Int) -> Instant? { deadlines.deadline(of: number) }

  /// Takes the place of the deadline that the owner has.
  package func set(_ number: Int, to deadline: Instant) {
    deadlines.set(number, to: deadline)
    arm()
  }

  package func cancel(_ number: Int) {
    deadlines.remove(number)
    arm()
  }

  package func handleScheduledCallback(eventLoop: some EventLoop) {
    // The loop takes what is due a batch at a time, and what it has taken is not cancelled any more: another one may have been set since.
    callback?.cancel()
    callback = nil
    isFiring = true
    let begin = clock()
    var now = begin
    while now.since(begin) <= Self.limit, let number = deadlines.popDue(at: now) {
      owners[number]?.timerFired()
      now = clock()
    }
    isFiring = false
    if now.since(begin) > Self.limit { resumesAt = now + Self.pause }
    arm()
  }

  private func arm() {
    guard !isFiring else { return }
    let due = deadlines.first.map { max($0.roundedUp(to: Self.resolution), resumesAt) }
    if callback != nil, callbackDue == due { return }
    callback?.cancel()
    callback = nil
    callbackDue = due
    guard let due else { return }
    // Throws only when the loop is shut down, and its nodes with it.
    callback = try? eventLoop.scheduleCallback(in: .nanoseconds(Int64(clamping: due.since(clock()))), handler: self)
  }
}
