import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Puts right what a command has under way when Ctrl-C or SIGTERM ends it: the terminal's line, children, temporary folders.
enum Interruption {
  private struct Cleanups: Sendable {
    var next = 0
    var all: [Int: @Sendable () -> Void] = [:]
  }

  private static let cleanups = Mutex(Cleanups())
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  /// What `signal` returns for a signal that is ignored, as under nohup.
  private static let ignored = 1

  /// From now on these signals end the program only after everything has been put right.
  static func listen() {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    unsafe signalPipe = ends[1]
    // Whoever started this program may have held them back, as test runners do.
    var held = sigset_t()
    unsafe sigemptyset(&held)
    for each in signals { unsafe sigaddset(&held, each) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &held, nil)
    for each in signals {
      let previous = signal(each, noteSignal)
      if unsafe unsafeBitCast(previous, to: Int.self) == ignored { signal(each, SIG_IGN) }
    }
    let reading = ends[0]
    Thread.detachNewThread {
      var number: UInt8 = 0
      while unsafe read(reading, &number, 1) != 1 {}
      putRight()
      // The shell is to see what ended it.
      signal(Int32(number), SIG_DFL)
      kill(getpid(), Int32(number))
    }
  }

  /// Returns what `remove` takes.
  static func add(_ cleanup: @escaping @Sendable () -> Void) -> Int {
    cleanups.withLock { cleanups in
      cleanups.next += 1
      cleanups.all[cleanups.next] = cleanup
      return cleanups.next
    }
  }

  static func remove(_ number: Int) { cleanups.withLock { _ = $0.all.removeValue(forKey: number) } }

  private static func putRight() {
    Terminal.endProgress()
    for cleanup in cleanups.withLock({ Array($0.all.values) }) { cleanup() }
  }
}

/// Where a handler writes its signal's number: nothing else may be done there.
private nonisolated(unsafe) var signalPipe: Int32 = -1

private func noteSignal(_ number: Int32) {
  var byte = UInt8(truncatingIfNeeded: number)
  _ = unsafe write(signalPipe, &byte, 1)
}
