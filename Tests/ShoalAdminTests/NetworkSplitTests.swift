import Foundation
import ShoalAdmin
import Testing

/// Five agents in network namespaces. Skipped, with the system's reason, where those may not be made: without Linux, without `ip` and
/// `unshare`, or in a container that keeps them to itself.
@Suite(
  .timeLimit(.minutes(5)),
  .enabled(if: SplitNetwork.refusal == nil, "no network namespaces here: \(SplitNetwork.refusal ?? "")"))
struct NetworkSplitTests {
  private static let minority = [0, 1]
  private static let majority = [2, 3, 4]
  private static let everybody = minority + majority

  @Test(
    "cut off with one voter of three the coordinator stops, the others reign under a higher epoch, and all follow one after healing"
  )
  func split() async throws {
    let key = try await FinishedProgram.run([BuiltPrograms.shoal, "keygen"]).text
    try await withFolder { folder in
      let keyFile = folder + "/cluster.key"
      try #require(
        FileManager.default.createFile(
          atPath: keyFile, contents: Data(key.utf8), attributes: [.posixPermissions: 0o600]))
      let common = [
        "--key-file", keyFile, "--preset", "local", "--lease", "1", "--voter", "host-0", "--voter", "host-2", "--voter",
        "host-3",
      ]
      try await SplitNetwork.run(sides: [.left, .left, .right, .right, .right]) { host in
        common + (host == 0 ? [] : ["--seed", SplitNetwork.address(of: 0)])
      } _: { network in
        let before = try await oneReign(in: network, at: Self.everybody)
        #expect(before.name == "host-0")

        try await network.cut()
        let meanwhile = try await oneReign(in: network, at: Self.majority) { $0.epoch > before.epoch }
        #expect(["host-2", "host-3", "host-4"].contains(meanwhile.name))
        // Each was asked after the other side's reign had begun. The first may still be about to see that it has no majority.
        for host in Self.minority {
          var report: CoordinatorReport?
          try await until {
            report = try await network.coordinator(at: host)
            return report != nil
          }
          #expect(report?.isSelf == false)
        }
        try await until {
          let reports = try await reports(in: network, at: Self.minority)
          return reports.allSatisfy { $0.coordinator == nil && !$0.isSelf }
            && reports.contains { $0.state == "noQuorum" }
        }

        try await network.heal()
        let after = try await oneReign(in: network, at: Self.everybody) { $0.epoch >= meanwhile.epoch }
        // All have answered, and whoever ends is not started again.
        try await epochsAreUnique(in: network, with: [before, meanwhile, after])
      }
    }
  }

  private func reports(in network: SplitNetwork, at hosts: [Int]) async throws -> [CoordinatorReport] {
    var reports: [CoordinatorReport] = []
    for host in hosts { if let report = try await network.coordinator(at: host) { reports.append(report) } }
    return reports
  }

  /// Waits until all these follow one reign, one of them as its coordinator.
  private func oneReign(
    in network: SplitNetwork, at hosts: [Int], where isWanted: (ReignReport) -> Bool = { _ in true }
  ) async throws -> ReignReport {
    var reign: ReignReport?
    try await until {
      let reports = try await reports(in: network, at: hosts)
      reign = reports.first?.coordinator
      return reports.count == hosts.count && Set(reports.map(\.coordinator)).count == 1
        && reports.filter(\.isSelf).map(\.node) == reign.map { [$0.name] } && reign.map(isWanted) == true
    }
    return try #require(reign)
  }

  /// Each round asks agents, one after the other, so that there is something to wait for.
  private func until(_ condition: () async throws -> Bool) async throws {
    while try await !condition() { try Task.checkCancellation() }
  }

  /// At each host epochs have risen strictly, and no two hosts know one epoch as the reign of two.
  private func epochsAreUnique(in network: SplitNetwork, with seen: [ReignReport]) async throws {
    var coordinators: [UInt64: Set<String>] = [:]
    for reign in seen { coordinators[reign.epoch, default: []].insert(reign.id) }
    for host in Self.everybody {
      let report = try await network.shoal(["coordinator", "--history"], at: host, as: CoordinatorHistoryReport.self)
      let reigns = try #require(report).reigns.map(\.reign)
      #expect(zip(reigns, reigns.dropFirst()).allSatisfy { $0.epoch < $1.epoch })
      for reign in reigns { coordinators[reign.epoch, default: []].insert(reign.id) }
    }
    #expect(coordinators.values.allSatisfy { $0.count == 1 })
  }
}
