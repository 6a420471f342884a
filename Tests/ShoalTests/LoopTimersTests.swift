import NIOCore
import NIOEmbedded
import Shoal
import ShoalCore
import Testing

@Suite("Timers beside sockets") struct LoopTimersTests {
  /// Some timers on a loop whose time is in the test's hand.
  private final class Bench {
    let loop = EmbeddedEventLoop()
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) lazy var timers = LoopTimers(on: loop) { [unowned self] in
      looks += 1
      return now
    }
    /// How often the timers have asked what time it is.
    private(set) var looks = 0
    private(set) var owners: [Owner] = []
    /// Whose timers have fired, in that order.
    var fired: [Int] = []

    /// - Parameter work: how long it takes when its timer fires.
    func add(due: Nanoseconds, work: Nanoseconds = 0) {
      let owner = Owner(self, number: owners.count, work: work)
      owners.append(owner)
      timers.set(timers.add(owner), to: now + due)
    }

    func pass(_ time: Nanoseconds) {
      now = now + time
      loop.advanceTime(by: .nanoseconds(Int64(time)))
    }

    func work(for time: Nanoseconds) { now = now + time }
  }

  private final class Owner: LoopTimerOwner {
    private unowned let bench: Bench
    private let number: Int
    private let work: Nanoseconds
    /// Set again when it has fired.
    var next: Nanoseconds?

    init(_ bench: Bench, number: Int, work: Nanoseconds) {
      self.bench = bench
      self.number = number
      self.work = work
    }

    func timerFired() {
      bench.fired.append(number)
      bench.work(for: work)
      if let next { bench.timers.set(number, to: bench.now + next) }
    }
  }

  @Test("timers fire in the order of their deadlines, and no sooner")
  func order() {
    let bench = Bench()
    for due in [30, 10, 20] { bench.add(due: .milliseconds(UInt64(due))) }
    bench.pass(.milliseconds(10) - 1)
    #expect(bench.fired == [])
    bench.pass(1)
    #expect(bench.fired == [1])
    bench.pass(.milliseconds(30))
    #expect(bench.fired == [1, 2, 0])
  }

  @Test("timers of one millisecond fire together at its end")
  func resolution() {
    let bench = Bench()
    for due: Nanoseconds in [100, 900_000, 500_000, 1_000_001] { bench.add(due: due) }
    bench.pass(900_000)
    #expect(bench.fired == [])
    bench.pass(100_000)
    #expect(bench.fired == [0, 2, 1])
    bench.pass(.milliseconds(1))
    #expect(bench.fired == [0, 2, 1, 3])
  }

  @Test("a timer that is set anew, cancelled or removed does not fire at its first deadline")
  func changed() {
    let bench = Bench()
    for _ in 0..<4 { bench.add(due: .milliseconds(10)) }
    bench.timers.set(0, to: bench.now + .milliseconds(25))
    bench.timers.cancel(1)
    bench.timers.remove(2)
    bench.pass(.milliseconds(20))
    #expect(bench.fired == [3])
    bench.pass(.milliseconds(5))
    #expect(bench.fired == [3, 0])
    // The place of the one that is gone is taken.
    bench.add(due: .milliseconds(10))
    #expect(bench.timers.deadline(of: 2) == bench.now + .milliseconds(10))
  }

  @Test("a timer may be set again while it fires")
  func again() {
    let bench = Bench()
    bench.add(due: .milliseconds(10))
    bench.owners[0].next = .milliseconds(10)
    for _ in 0..<3 { bench.pass(.milliseconds(10)) }
    #expect(bench.fired == [0, 0, 0])
  }

  @Test("timers that have worked for too long wait until the loop has looked at its sockets, and then go on")
  func waits() {
    let bench = Bench()
    for _ in 0..<20 { bench.add(due: 0, work: LoopTimers.limit / 10) }
    bench.pass(0)
    #expect(bench.fired.count == 11)
    // Nor do those that others set meanwhile.
    bench.timers.set(0, to: bench.now)
    bench.pass(0)
    #expect(bench.fired.count == 11)
    bench.pass(LoopTimers.pause)
    #expect(bench.fired.count == 21)
  }

  @Test("what is set while the loop has taken the callback already takes its place, and does not come on top of it")
  func taken() {
    func looks(afterBeingTaken isTaken: Bool) -> Int {
      let bench = Bench()
      if isTaken {
        // The loop takes both at once, and this one first.
        bench.loop.scheduleTask(in: .milliseconds(10)) { bench.timers.cancel(1) }
      }
      bench.add(due: .milliseconds(20))
      bench.add(due: .milliseconds(10))
      bench.owners[0].next = .milliseconds(10)
      bench.pass(.milliseconds(20))
      let before = bench.looks
      for _ in 0..<5 { bench.pass(.milliseconds(10)) }
      #expect(bench.fired.filter { $0 == 0 }.count == 6)
      return bench.looks - before
    }
    #expect(looks(afterBeingTaken: true) == looks(afterBeingTaken: false))
  }
}
