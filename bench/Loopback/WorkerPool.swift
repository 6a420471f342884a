#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The processes of one run. Whoever asks them waits, and hears at once when one of them has ended.
final class WorkerPool {
  private let workers: [WorkerProcess]
  /// Called several times a second while somebody waits.
  private let tick: () -> Void

  private static let tickMilliseconds: Int32 = 200

  init(processes: Int, tick: @escaping () -> Void) throws(StepFailure) {
    self.tick = tick
    // A worker that has ended is told of by what it does not answer.
    signal(SIGPIPE, SIG_IGN)
    let program = try WorkerProcess.program()
    var workers: [WorkerProcess] = []
    for number in 0..<processes { workers.append(try WorkerProcess(number, program: program)) }
    self.workers = workers
  }

  var count: Int { workers.count }

  func ask(_ process: Int, _ request: WorkerRequest) throws(StepFailure) -> WorkerReply {
    try workers[process].send(request)
    return try collect([workers[process]])[0]
  }

  /// Asks one that takes its time; `finish` has its answer.
  func begin(_ process: Int, _ request: WorkerRequest) throws(StepFailure) { try workers[process].send(request) }

  func finish(_ process: Int) throws(StepFailure) -> WorkerReply { try collect([workers[process]])[0] }

  /// Kills a process. Nothing may be asked of it, nor of all, any more.
  func destroy(_ process: Int) { workers[process].destroy() }

  /// Asks all at once; the answers are in the order of the processes.
  func askAll(_ request: WorkerRequest) throws(StepFailure) -> [WorkerReply] {
    for worker in workers { try worker.send(request) }
    return try collect(workers)
  }

  func askEach(_ request: (Int) -> WorkerRequest) throws(StepFailure) -> [WorkerReply] {
    for worker in workers { try worker.send(request(worker.number)) }
    return try collect(workers)
  }

  /// Lets time pass.
  func sleep(nanoseconds: UInt64) throws(StepFailure) {
    let end = MonotonicClock.now + nanoseconds
    while case let now = MonotonicClock.now, now < end {
      let rest = min((end - now + 999_999) / 1_000_000, UInt64(Self.tickMilliseconds))
      // Nobody is asked: whoever is heard of has ended.
      for worker in try ready(workers, milliseconds: Int32(rest)) { _ = try worker.receive() }
    }
  }

  func end() { for worker in workers { worker.end() } }

  private func collect(_ asked: [WorkerProcess]) throws(StepFailure) -> [WorkerReply] {
    var replies: [Int: WorkerReply] = [:]
    while replies.count < asked.count {
      let missing = asked.filter { replies[$0.number] == nil }
      for worker in try ready(missing, milliseconds: Self.tickMilliseconds) {
        replies[worker.number] = try worker.receive()
      }
    }
    return asked.compactMap { replies[$0.number] }
  }

  /// The processes that have said something or have ended.
  private func ready(_ workers: [WorkerProcess], milliseconds: Int32) throws(StepFailure) -> [WorkerProcess] {
    tick()
    var descriptors = workers.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    guard unsafe poll(&descriptors, UInt(descriptors.count), milliseconds) > 0 else { return [] }
    return zip(workers, descriptors).filter { $0.1.revents != 0 }.map(\.0)
  }
}
