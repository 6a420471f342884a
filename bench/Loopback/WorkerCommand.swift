import ArgumentParser
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Holds nodes for another shoal-bench, which tells it what to do: a line of JSON in, a line of JSON out.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Hold nodes for another shoal-bench.", shouldDisplay: false)

  func run() throws {
    let (lines, continuation) = AsyncStream.makeStream(of: String.self)
    let worker = Task {
      for await line in lines { Self.write(await Self.answer(line)) }
    }
    // Reading has a thread of its own: when the bench ends, so does this process, whatever it is busy with.
    while let line = readLine() { continuation.yield(line) }
    worker.cancel()
    _exit(0)
  }

  private static let current = Mutex<NodeGroup?>(nil)

  private static func answer(_ line: String) async -> WorkerReply {
    do {
      let request = try JSONDecoder().decode(WorkerRequest.self, from: Data(line.utf8))
      if case .prepare(let plan) = request {
        // What it takes to answer at all is there before the nodes, and not theirs.
        _ = try JSONEncoder().encode(WorkerReply.ready(ProcessUsage.current))
        let baseline = ProcessUsage.current
        let group = try NodeGroup(plan)
        Self.current.withLock { $0 = group }
        return .ready(baseline)
      }
      guard let group = Self.current.withLock({ $0 }) else { return .failed("The worker has not been prepared.") }
      return try await group.answer(request)
    } catch let failure as StepFailure { return .failed(failure.sentence) } catch { return .failed("\(error)") }
  }

  private static func write(_ reply: WorkerReply) {
    guard let json = try? JSONEncoder().encode(reply) else { return }
    try? FileHandle.standardOutput.write(contentsOf: json + [UInt8(ascii: "\n")])
  }
}
