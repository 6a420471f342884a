import Dispatch
import Foundation
import Logging
import Shoal

/// A node that acts for as long as it coordinates, in steps that a test takes: it draws a token and says so, and at the next line of
/// its standard input it acts under it, and says so.
///
/// ```
/// FencingWorker NAME STATE-FILE [SEED], with the key in SHOAL_KEY
/// worker ── listening HOST:PORT ──▶ test
/// worker ── follows EPOCH ────────▶ test
/// worker ── drawn TOKEN ──────────▶ test
/// worker ◀──────────── (any line) ─ test    whatever becomes of its node or its task meanwhile
/// worker ── acts TOKEN ───────────▶ test    and so on
/// ```
@main
struct FencingWorker {
  static func main() async throws {
    guard CommandLine.arguments.count > 2 else {
      print("usage: FencingWorker NAME STATE-FILE [SEED], with the key in SHOAL_KEY")
      exit(64)
    }
    let steps = Steps()
    let mesh = try await Mesh.start(configuration())
    say("listening", "\(mesh.boundEndpoint)")
    Task {
      for await event in mesh.events {
        if case .coordinatorChanged(let reign?) = event { say("follows", "\(reign.epoch)") }
      }
    }
    try await mesh.whileCoordinating { _ in
      // Cancelled or not: that it has no tokens is what ends it.
      while true {
        let token = String(decoding: try JSONEncoder().encode(try mesh.fencingToken()), as: UTF8.self)
        say("drawn", token)
        await steps.next()
        say("acts", token)
      }
    }
  }

  private static func configuration() throws -> MeshConfiguration {
    let arguments = CommandLine.arguments
    let key = try ClusterKey(base64: ProcessInfo.processInfo.environment["SHOAL_KEY"] ?? "")
    var configuration = MeshConfiguration(
      name: arguments[1], key: key, bind: "127.0.0.1:0", seeds: Array(arguments.dropFirst(3)))
    configuration.stateFile = arguments[2]
    configuration.core = .local
    configuration.core.coordination.quorum = .voters(["worker-0", "worker-1", "worker-2"])
    configuration.core.coordination.leaseTime = .seconds(1)
    configuration.logger = Logger(label: "worker") { StreamLogHandler.standardError(label: $0) }
    return configuration
  }

  /// At once, so that the order of lines is that of what they tell.
  private static func say(_ word: String, _ rest: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data("\(word) \(rest)\n".utf8))
  }
}

/// The lines of standard input, one for each step. Where they end this process does.
private final class Steps: Sendable {
  private let waiting = DispatchSemaphore(value: 0)

  init() {
    let waiting = waiting
    Thread.detachNewThread {
      while readLine() != nil { waiting.signal() }
      exit(0)
    }
  }

  /// Heeds no cancellation: a process can be paused between any two of its instructions.
  func next() async {
    let waiting = waiting
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        waiting.wait()
        continuation.resume()
      }
    }
  }
}
