import ArgumentParser
import Foundation
import Programs
import ShoalBench
import Testing

@Suite struct TourTests {
  private let gigabytes: UInt64 = 1 << 30

  @Test("as many real nodes run as idle cores, memory and open files allow")
  func fit() {
    #expect(TourPlan.fit(cores: 2, busy: 0, memory: 24 * gigabytes, files: 1 << 20) == 300)
    #expect(TourPlan.fit(cores: 2, busy: 0.8, memory: 24 * gigabytes, files: 1 << 20) == 60)
    #expect(TourPlan.fit(cores: 64, busy: 0, memory: 256 * gigabytes, files: 1 << 20) == 1_000)
    #expect(TourPlan.fit(cores: 8, busy: 0, memory: gigabytes / 2, files: 1 << 20) < 600)
    #expect(TourPlan.fit(cores: 8, busy: 0, memory: 24 * gigabytes, files: 1_024) <= 128)
    #expect(TourPlan.fit(cores: 1, busy: 0, memory: 1, files: 1) == 20)
  }

  @Test("it says first what it will do, that it takes about five minutes, and how to get what is missing")
  func announcement() {
    let whole = TourPlan(nodes: 300, hasRival: true)
    #expect(whole.missing == nil && whole.announcement.contains("about 5 minutes"))
    for part in whole.parts { #expect(whole.announcement.contains(part.title)) }
    let alone = TourPlan(nodes: 300, hasRival: false)
    #expect(alone.parts.count == whole.parts.count - 1)
    #expect(alone.announcement.contains("'make rivals'"))
  }

  @Test("every part of the tour and of the results is a command that this program takes")
  func commands() throws {
    let parts = TourPlan(nodes: 30, hasRival: true).parts + ResultsPlan.parts
    for part in parts {
      let words = part.command.split(separator: " ").dropFirst().map(String.init)
      #expect(throws: Never.self, "\(part.command)") { try ShoalBench.parseAsRoot(words) }
    }
    #expect(Set(ResultsPlan.parts.map(\.name)).count == ResultsPlan.parts.count)
  }

  #if os(Linux)
    @Test(
      "ended by a signal, a command on real sockets ends, and its nodes with it",
      arguments: [["--foreground"], []])
    func interrupted(flags: [String]) async throws {
      let bench = try #require(Bundle.main.executableURL).resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("shoal-bench").path
      let words = ["steady", "--nodes", "3", "--runs", "1", "--duration", "3600", "--transport", "loopback"]
      // It returns when nobody holds the program's output any more: no process of it is left.
      let child = try await onOwnThread {
        try ChildProcess.run("/usr/bin/timeout", flags + ["--signal", "TERM", "5", bench] + words)
      }
      #expect(child.ending == .status(124))
      #expect(String(decoding: child.output, as: UTF8.self).contains("--transport loopback"))
    }
  #endif
}
