import Foundation
import ShoalBench
import Testing

/// Small runs of every scenario: what must come out whatever the engine's timings are.
@Suite struct ScenarioTests {
  private func statistics(_ line: String) throws -> (Metric) -> Statistics {
    let report = try BenchCommandLine.job(line).run(progress: RunProgress(label: ""))
    return { report.statistics(of: $0) }
  }

  @Test("a crash is suspected first, then somebody's verdict, then everybody's")
  func detect() throws {
    let figures = try statistics("detect --nodes 20 --runs 3")
    let suspected = try #require(figures(.firstSuspect).p50)
    let first = try #require(figures(.firstDead).p50)
    let everywhere = try #require(figures(.deadEverywhere).p50)
    #expect(0 < suspected && suspected < first && first <= everywhere)
    #expect(figures(.falseDeaths).max == 0)
  }

  @Test("a killed process is suspected no later than it is found dead, also where both are one moment")
  func killed() throws {
    let figures = try statistics("detect --nodes 20 --runs 3 --crash killed")
    #expect(try #require(figures(.firstSuspect).max) <= #require(figures(.firstDead).max))
    #expect(figures(.firstSuspect).n == 3)
    let hasty = try statistics("detect --nodes 20 --runs 3 --crash killed --without private-phase")
    #expect(try #require(hasty(.firstDead).max) < 2)
  }

  @Test("an update takes at least one copy for each member")
  func disseminate() throws {
    for line in ["disseminate --nodes 20 --runs 3", "disseminate --nodes 100 --runs 2 --rate 5 --duration 2"] {
      let figures = try statistics(line)
      #expect(try #require(figures(.transmissionsPerMember).mean) >= 1)
      let half = try #require(figures(.t50).p50)
      let all = try #require(figures(.t100).p50)
      #expect(0 < half && half <= all)
      #expect(try #require(figures(.bytesPerMember).mean) > 0)
    }
  }

  @Test("metadata comes to everybody, and its owner sends it to few unless it is alone in giving it")
  func metadata() throws {
    let shared = try statistics("metadata --nodes 40 --runs 2 --bytes 30000")
    #expect(try #require(shared(.t50).max) <= #require(shared(.t100).max))
    #expect(try #require(shared(.ownerBytes).max) < 10 * 30_000)
    #expect(try #require(shared(.totalBytes).mean) > 39 * 30_000)
    let alone = try statistics("metadata --nodes 40 --runs 2 --bytes 30000 --without metadata-from-holders")
    #expect(try #require(alone(.ownerBytes).mean) > 39 * 30_000)
  }

  @Test("a cluster that starts formed is at rest like one that has formed")
  func formed() throws {
    let joined = try #require(try statistics("steady --nodes 64 --runs 2")(.bytesPerNodeSecond).mean)
    let formed = try #require(try statistics("steady --nodes 65 --runs 2")(.bytesPerNodeSecond).mean)
    #expect(abs(joined - formed) < joined / 10)
    #expect(joined > 50)
  }

  @Test("nodes that join reach one view, and the seed sends no more than all")
  func converge() throws {
    let figures = try statistics("converge --nodes 20 --runs 2")
    #expect(try #require(figures(.timeToOneView).max) > 0)
    #expect(try #require(figures(.seedBytes).mean) < #require(figures(.totalBytes).mean))
    #expect(try #require(figures(.distinctSizes).max) <= 20)
  }

  @Test("nodes may start over a while, and the time counts from the last one's start")
  func convergeOver() throws {
    let figures = try statistics("converge --nodes 10 --runs 2 --over 60")
    let time = try #require(figures(.timeToOneView).max)
    #expect(time > 0 && time < 10)
  }

  @Test("a short pause is survived, and a very long one is not")
  func pause() throws {
    #expect(try statistics("pause --nodes 20 --runs 2 --duration 0.2")(.survived).mean == 1)
    #expect(try statistics("pause --nodes 20 --runs 2 --duration 200")(.survived).mean == 0)
    #expect(try statistics("pause --nodes 20 --runs 2 --duration 200 --kind freeze")(.survived).mean == 0)
  }

  @Test("after a split, an outage and churn there is one view again")
  func healing() throws {
    for line in [
      "split --nodes 20 --runs 2", "outage --nodes 20 --runs 2 --duration 2",
      "churn --nodes 20 --runs 2 --duration 20",
    ] {
      #expect(try statistics(line)(.timeToOneView).max != nil)
    }
  }

  @Test("a goodbye is heard everywhere at once, and nobody takes it for a death")
  func leave() throws {
    for line in ["leave --nodes 20 --runs 3", "leave --nodes 100 --runs 1 --loss 0.1"] {
      let figures = try statistics(line)
      let heard = try #require(figures(.leftEverywhere).max)
      #expect(0 < heard && heard < 5)
      #expect(figures(.falseDeaths).max == 0)
    }
  }

  @Test("when the coordinator crashes another one reigns, alone, soon after everybody knows", arguments: [3, 20, 100])
  func coordinator(nodes: Int) throws {
    let figures = try statistics("coordinator --nodes \(nodes) --runs 3")
    let dead = try #require(figures(.firstDead).p50)
    let reign = try #require(figures(.timeToNextReign).p50)
    let one = try #require(figures(.timeToOneCoordinator).p50)
    #expect(dead < reign && reign <= one)
    #expect(try #require(figures(.takeover).max) <= 0.5)
    #expect(figures(.overlap).max == 0)
  }

  @Test("with voters the next one reigns after the lease of the one that crashed, and never beside it")
  func voters() throws {
    let figures = try statistics("coordinator --nodes 5 --runs 2 --quorum 5 --lease 10")
    #expect(try #require(figures(.timeToNextReign).p50) > 7)
    #expect(figures(.overlap).max == 0)
  }

  @Test("while members come and go, most of the time most of them follow one that coordinates")
  func followed() throws {
    let share = try statistics("churn --nodes 20 --runs 4 --duration 60")(.coordinatorShare)
    #expect(try #require(share.mean) > 0.8 && #require(share.max) <= 1)
  }

  @Test("a real crash is found out while others stand still")
  func anomaly() throws {
    let figures = try statistics("anomaly --nodes 20 --runs 2 --blocked 2 --duration 1 --interval once")
    #expect(figures(.deadEverywhere).max != nil)
    #expect(figures(.falseDeathsAtHealthyPerNodeHour).max == 0)
  }

  @Test("whoever crashes is removed, and nobody else")
  func rapid() throws {
    let figures = try statistics("rapid --nodes 100 --case crash --duration 60")
    #expect(figures(.removed).mean == 1 && figures(.wronglyRemoved).max == 0 && figures(.viewChanges).max == 1)
  }

  @Test("whoever hears nothing every other twenty seconds is removed once, and suspicions change no view")
  func flapping() throws {
    let figures = try statistics("rapid --nodes 100 --case flap --duration 100")
    #expect(figures(.removed).mean == 1 && figures(.wronglyRemoved).max == 0 && figures(.viewChanges).max == 1)
  }

  @Test("members whose input and output are blocked for long make up deaths, and no healthy member believes them")
  func madeUp() throws {
    let figures = try statistics("anomaly --nodes 20 --runs 1 --blocked 2 --duration 35 --interval once")
    #expect(try #require(figures(.falseDeathsPerNodeHour).mean) > 0)
    #expect(figures(.falseDeathsAtHealthyPerNodeHour).mean == 0)
  }
}
