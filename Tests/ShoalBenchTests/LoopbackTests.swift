import Foundation
import ShoalBench
import Testing

/// Small runs on real sockets, one at a time: what must come out however busy the machine is.
@Suite(.serialized) struct LoopbackTests {
  private func report(_ line: String) async throws -> Report {
    let job = try BenchCommandLine.job("\(line) --transport loopback --preset local --runs 1")
    return try await onOwnThread { try job.run(progress: RunProgress(label: "")) }
  }

  @Test("five nodes on sockets reach one view, and their tables are right", arguments: [1, 2])
  func converge(processes: Int) async throws {
    let report = try await report("converge --nodes 5 --processes \(processes)")
    #expect(try #require(report.statistics(of: .timeToOneView).max) > 0)
    #expect(try #require(report.statistics(of: .cpuSeconds).max) > 0)
    #expect(try #require(report.statistics(of: .seedBytes).max) < #require(report.statistics(of: .totalBytes).max))
    #if os(Linux)
      #expect(try #require(report.statistics(of: .allocations).max) > 1_000)
      #expect(try #require(report.statistics(of: .rssBytesPerNode).max) > 0)
    #endif
  }

  @Test("JSON says that the nodes were real, and in how many processes")
  func json() async throws {
    let json = try await report("converge --nodes 3 --processes 2").json
    let document = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(document["transport"] as? String == "loopback" && document["valid"] as? Bool == true)
    #expect((document["options"] as? [String: Any])?["processes"] as? Int == 2)
    let metrics = try #require(document["metrics"] as? [String: [String: Any]])
    let names: Set = [
      "time_to_one_view", "seed_bytes", "total_bytes", "distinct_sizes", "cpu_seconds", "rss_bytes_per_node",
      "allocations", "guarded_share", "others_cpu_share",
    ]
    #expect(Set(metrics.keys) == names)
  }

  @Test("a node that falls silent, and one that is killed, are found dead everywhere", arguments: ["mute", "killed"])
  func detect(crash: String) async throws {
    let report = try await report("detect --nodes 5 --crash \(crash)")
    let suspected = try #require(report.statistics(of: .firstSuspect).max)
    let first = try #require(report.statistics(of: .firstDead).max)
    let everywhere = try #require(report.statistics(of: .deadEverywhere).max)
    #expect(0 < suspected && suspected <= first && first <= everywhere)
    #expect(report.statistics(of: .guardedShare).n == 1)
  }

  @Test("a member that leaves is heard of by all others, in both processes, and nobody takes it for dead")
  func leave() async throws {
    let report = try await report("leave --nodes 6 --processes 2")
    #expect(try #require(report.statistics(of: .leftEverywhere).max) > 0)
    #expect(report.statistics(of: .falseDeaths).max == 0)
  }

  @Test(
    "runs on sockets are drawn as those in virtual time are",
    arguments: [
      ("converge --nodes 6 --processes 2", ["Different views at each instant", "1 means that all 6 nodes"]),
      ("detect --nodes 5 --crash killed", ["What each node makes of the crashed member", "node-0", "4 nodes"]),
      ("disseminate --nodes 5 --duration 1", ["Share of nodes that know the update", "per node, packets/s"]),
      ("steady --nodes 3 --duration 2", ["Bytes that a node sends", "per node, B/s"]),
    ])
  func pictures(line: String, texts: [String]) async throws {
    let page = ReportPage(try await report("\(line) --html page.html"))
    for text in texts { #expect(page.html.contains(text), "\(text)") }
    #expect(page.svg != nil && page.html.contains("every run differs"))
  }

  @Test("an update published in one process reaches the nodes of another, at a copy for each at least")
  func disseminate() async throws {
    let report = try await report("disseminate --nodes 6 --processes 2 --duration 1")
    #expect(try #require(report.statistics(of: .t50).max) <= #require(report.statistics(of: .t100).max))
    #expect(try #require(report.statistics(of: .transmissionsPerMember).mean) >= 1)
  }

  @Test("after a split over two processes there is one view again")
  func split() async throws {
    let report = try await report("split --nodes 6 --processes 2 --duration 12")
    #expect(report.statistics(of: .timeToOneView).n == 1)
  }

  @Test(
    "what real sockets do not have is refused",
    arguments: [
      "outage", "anomaly", "rapid", "detect --loss 0.1", "detect --latency wan",
      "detect --loss 0.1 --loss-pattern bursts", "detect --processes 0", "detect --processes 65",
      "detect --expect cpu_seconds.max<=1", "converge --nodes 100000",
    ])
  func refused(line: String) {
    #expect(throws: (any Error).self) { try BenchCommandLine.job("\(line) --transport loopback") }
  }

  @Test("what only real sockets have is refused in virtual time")
  func refusedInVirtualTime() {
    for line in ["detect --processes 2", "converge --expect cpu_seconds.max<=1"] {
      #expect(throws: (any Error).self) { try BenchCommandLine.job(line) }
    }
  }

  @Test("a command line on sockets can be pasted")
  func echo() throws {
    let line = try BenchCommandLine.job("detect --transport loopback").commandLine
    #expect(
      line == "detect --nodes 100 --seed 1 --runs 3 --preset lan --transport loopback --processes 1 --crash mute")
    #expect(try BenchCommandLine.job(line).commandLine == line)
  }
}

@Suite struct SpreadTests {
  @Test("every node has one process, and the processes have as many nodes each as can be")
  func even() throws {
    for (nodes, processes) in [(5, 2), (1_000, 3), (7, 7)] {
      let spread = try Spread(nodes: nodes, asked: processes, files: 100_000)
      var parts: [[Int]] = []
      for process in 0..<spread.processes { parts.append(spread.nodes(of: process)) }
      let (least, most) = (nodes / processes, nodes / processes + 1)
      #expect(parts.flatMap(\.self).sorted() == Array(0..<nodes))
      #expect(parts.allSatisfy { (least...most).contains($0.count) })
    }
  }

  @Test("above 2,000 nodes they spread by themselves, and earlier where files are few")
  func automatic() throws {
    #expect(try Spread(nodes: 2_000, asked: nil, files: 100_000).processes == 1)
    #expect(try Spread(nodes: 2_001, asked: nil, files: 100_000).processes == 2)
    #expect(try Spread(nodes: 5_000, asked: nil, files: 100_000).processes == 3)
    #expect(try Spread(nodes: 1_000, asked: nil, files: 1_024).processes > 1)
    #expect(try Spread(nodes: 3, asked: 8, files: 100_000).processes == 3)
  }

  @Test("128 nodes of a process share an event loop, and more have up to one for each core")
  func loops() throws {
    #expect(try Spread(nodes: 128, asked: nil, files: 100_000).loops(cores: 4) == 1)
    #expect(try Spread(nodes: 129, asked: nil, files: 100_000).loops(cores: 4) == 2)
    #expect(try Spread(nodes: 129, asked: 2, files: 100_000).loops(cores: 4) == 1)
    #expect(try Spread(nodes: 1_000, asked: nil, files: 100_000).loops(cores: 4) == 4)
  }

  @Test("too few files are refused with what to do")
  func tooFewFiles() throws {
    let error = #expect(throws: SpreadError.self) { try Spread(nodes: 1_000, asked: 1, files: 1_024) }
    #expect(error?.description.contains("--processes 8") == true)
    #expect(error?.description.contains("ulimit -Hn 6256") == true)
    #expect(throws: SpreadError.self) { try Spread(nodes: 100_000, asked: nil, files: 1_024) }
    #expect(throws: SpreadError.self) { try Spread(nodes: 2, asked: nil, files: 16) }
  }
}
