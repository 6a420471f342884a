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
    "between three processes all arrive in order, each once, while connections are cut; one is killed, and each has an outcome"
  )
  func deliver() async throws {
    let plan = DeliveryPlan(messages: 100_000, broadcasts: 1_000, cutInterval: 0.2, killedAfter: 10_000)
    let run = try await onOwnThread { try DeliveryRun(plan) { _ in } }
    #expect(run.findings.isEmpty, "\(plan.command); in full: \(DeliveryPlan().command)")
  }

  @Test(
    "a wrong option is refused",
    arguments: [
      "message --rounds 0", "message --duration 0", "message --json - --svg -", "deliver --bytes 4",
      "deliver --messages 0", "deliver --cut-interval 0", "idle-connections --connections 0",
    ])
  func refused(line: String) {
    #expect(throws: (any Error).self) { try ShoalBench.parseAsRoot(line.split(separator: " ").map(String.init)) }
  }

  @Test("connections that say nothing are opened by the hundred, and nodes join meanwhile")
  func idleConnections() async throws {
    let run = try await onOwnThread { try IdleConnectionsRun(connections: 700, rounds: 1) }
    #expect(run.calmJoins.count > 1 && run.disturbedJoins.count > 1)
    #expect(run.document.metrics["join_delay"] != nil && run.text.contains("slowest join"))
  }
}
