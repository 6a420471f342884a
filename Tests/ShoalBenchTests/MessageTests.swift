import ArgumentParser
import ShoalBench
import Testing

/// What `message` and its relatives do on real sockets; no figure is expected of a busy machine.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MessageTests {
  @Test("messages, requests and broadcasts are measured beside plain SwiftNIO, and a stalled reader's bounds are kept")
  func measure() async throws {
    let run = try await onOwnThread { try MessageRun(rounds: 1, seconds: 0.1) }
    let metrics = run.document.metrics
    for name in ["messages_per_second_100", "messages_per_second_1024", "messages_per_second_65536"] {
      #expect(try #require(metrics[name]?.p50) > 0)
      #expect(try #require(metrics["plain_\(name)"]?.p50) > 0)
      #expect(try #require(metrics["\(name)_over_plain"]?.p50) > 0)
    }
    for name in ["request_p50_1", "request_p99_64", "broadcast_5", "broadcast_50"] {
      #expect(try #require(metrics[name]?.p50) > 0)
      #expect(try #require(metrics["plain_\(name)"]?.p50) > 0)
    }
    #expect(run.goals.contains { $0[0] == "a stalled reader: waits at the sender" && $0[3] == "met" })
    #expect(run.goals.contains { $0[0] == "a stalled reader: held at the receiver" && $0[3] == "met" })
    #expect(run.svg.contains("messages_per_second_1024"))
    #expect(run.html(command: "shoal-bench message").contains("plain NIO"))
  }

  @Test(
    "a wrong option is refused",
    arguments: [
      "message --rounds 0", "message --duration 0", "message --json - --svg -",
    ])
  func refused(line: String) {
    #expect(throws: (any Error).self) { try ShoalBench.parseAsRoot(line.split(separator: " ").map(String.init)) }
  }
}
