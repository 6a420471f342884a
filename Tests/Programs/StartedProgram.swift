package import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A program that runs beside this one, in a process group of its own.
///
/// It stands in for Foundation's Process, which on Linux reads past a buffer's end, and now and then crashes, where this process has about
/// 1,350 descriptors open (github.com/swiftlang/swift-corelibs-foundation/pull/5472). Nodes have many.
package final class StartedProgram: Sendable {
  package let processID: Int32
  private let ending = Mutex<Ending?>(nil)

  /// What a program reads from, or writes to.
  package enum Stream: Sendable {
    /// Nothing is read; what is written is lost.
    case null
    /// The same as of this process.
    case inherited
    /// Stays open here.
    case descriptor(Int32)

    package static func handle(_ handle: FileHandle) -> Self { .descriptor(handle.fileDescriptor) }
  }

  package enum Ending: Equatable, Sendable, CustomStringConvertible {
    /// It ended by itself.
    case status(Int32)
    case signal(Int32)
    /// The system has kept none, as it does where SIGCHLD is ignored.
    case unknown

    package static let success = status(0)

    package var description: String {
      switch self {
      case .status(let status): "status \(status)"
      case .signal(let signal): "signal \(signal)"
      case .unknown: "an unknown status"
      }
    }
  }

  package struct Refusal: Error, CustomStringConvertible {
    package let description: String
  }

  /// Held while a pipe is made and while a program starts, so that none gets an end of another one's pipe: whoever reads it would wait for
  /// both to end.
  private static let spawning = NSLock()

  /// A pipe for a program's streams. Close the program's end here once it has started.
  package static func makePipe() -> Pipe {
    spawning.lock()
    defer { spawning.unlock() }
    let pipe = Pipe()
    for handle in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
      _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
    }
    return pipe
  }

  /// - Parameters:
  ///   - command: the program's path, and its arguments.
  ///   - environment: all that it gets; nil for what this process has.
  /// - Throws: ``Refusal`` when there is no such program, it may not be run, or there is no room for another process.
  package init(
    _ command: [String], environment: [String: String]? = nil, input: Stream = .null, output: Stream, errors: Stream
  ) throws(Refusal) {
    var actions = unsafe Self.makeActions()
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (target, stream) in zip([STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO], [input, output, errors]) {
      switch stream {
      case .null: unsafe posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0)
      case .inherited: unsafe posix_spawn_file_actions_adddup2(&actions, target, target)
      case .descriptor(let descriptor): unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, target)
      }
    }
    Self.spawning.lock()
    defer { Self.spawning.unlock() }
    unsafe Self.closeAllOthers(&actions)
    var attributes = Self.makeAttributes()
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    let variables = (environment ?? ProcessInfo.processInfo.environment).map { "\($0)=\($1)" }
    var processID: pid_t = 0
    let result = unsafe withCStrings(command) { arguments in
      unsafe withCStrings(variables) { variables in
        unsafe posix_spawn(&processID, command[0], &actions, &attributes, arguments, variables)
      }
    }
    guard result == 0 else {
      throw Refusal(description: "\(command[0]) could not be run: \(unsafe String(cString: strerror(result)))")
    }
    self.processID = processID
  }

  /// Does nothing when it is gone already.
  package func send(_ signal: Int32) {
    // Within the lock its number still belongs to it: only `wait` gives it back.
    ending.withLock { if $0 == nil { kill(processID, signal) } }
  }

  /// Blocks this thread until it is gone.
  @discardableResult package func wait() -> Ending {
    var information = unsafe siginfo_t()
    while unsafe waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    return ending.withLock { ending in
      if let ending { return ending }
      var status: Int32 = 0
      while unsafe waitpid(processID, &status, 0) < 0 {
        guard errno != EINTR else { continue }
        ending = .unknown
        return .unknown
      }
      let signal = status & 0x7F
      let result = signal == 0 ? Ending.status(status >> 8 & 0xFF) : .signal(signal)
      ending = result
      return result
    }
  }

  /// Returns when it is gone.
  @discardableResult package func end() async -> Ending {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: self.wait()) }
    }
  }
}

extension StartedProgram {
  #if canImport(Darwin)
    private typealias Actions = posix_spawn_file_actions_t?
    private typealias Attributes = posix_spawnattr_t?

    private static func makeActions() -> Actions {
      var actions: Actions = nil
      unsafe posix_spawn_file_actions_init(&actions)
      return unsafe actions
    }

    /// An attribute does it.
    private static func closeAllOthers(_ actions: inout Actions) {}

    private static let flags =
      POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
      | POSIX_SPAWN_CLOEXEC_DEFAULT
  #else
    private typealias Actions = posix_spawn_file_actions_t
    private typealias Attributes = posix_spawnattr_t

    private static func makeActions() -> Actions {
      var actions = unsafe Actions()
      unsafe posix_spawn_file_actions_init(&actions)
      return unsafe actions
    }

    /// A descriptor that closes meanwhile is no error; one that opens meanwhile is marked to be closed, as those of `makePipe` and SwiftNIO are.
    private static func closeAllOthers(_ actions: inout Actions) {
      let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
      for descriptor in open.compactMap(Int32.init) where descriptor > STDERR_FILENO {
        unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
      }
    }

    private static let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
  #endif

  /// The threads of a pool block signals, and tests ignore SIGPIPE; a program begins with neither.
  private static func makeAttributes() -> Attributes {
    #if canImport(Darwin)
      var attributes: Attributes = nil
    #else
      var attributes = Attributes()
    #endif
    var signals = sigset_t()
    unsafe posix_spawnattr_init(&attributes)
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    return attributes
  }
}

/// Calls `body` with an array of C strings that ends with nil.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
  defer { unsafe pointers.forEach { unsafe free($0) } }
  return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
}
