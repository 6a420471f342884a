import ArgumentParser
import Foundation
import ShoalAdmin
import Synchronization

struct PingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping",
    abstract: "Measure round trips between an agent and a member, over UDP and over the channel.",
    discussion: """
      NODE is a living member's name, or at least the first eight digits of its ID. Its node answers by itself. What has no answer within two \
      seconds is lost. The first round trip over the channel may hold the making of the connection. Ctrl-C ends it with what \
      was measured by then. Needs the agent's token.

        shoal ping orders-2 --count 100 --interval 0.05
      """)

  @OptionGroup var agent: AdminOptions

  @Option(parsing: .unconditional, help: "How many round trips, over each of the two: 1 to 10000.")
  var count = 10

  @Option(
    parsing: .unconditional, help: ArgumentHelp("From an answer to the next ping: 0 to 3600.", valueName: "seconds"))
  var interval = 0.2

  @Flag(help: "Print the figures as JSON; times are nanoseconds.")
  var json = false

  @OptionGroup var member: MemberArgument

  func validate() throws {
    guard (1...10_000).contains(count) else { throw ValidationError("--count is \(count); give 1 to 10000.") }
    guard (0...3_600).contains(interval) else { throw ValidationError("--interval is \(interval); give 0 to 3600.") }
  }

  func run() async throws {
    let signals = SignalWatch()
    defer { withExtendedLifetime(signals) {} }
    let client = try agent.client()
    let trips = Trips()
    let pinging = Task { [node = member.node, count, interval] in
      for number in 1...count {
        trips.append(try await client.ping(node))
        StandardError.progress("\(number) of \(count)")
        if number < count { try await Task.sleep(for: .seconds(interval)) }
      }
    }
    signals.onFirst { pinging.cancel() }
    var failure: AdminError?
    do {
      try await pinging.value
    } catch is CancellationError {
      // What was measured by then is shown.
    } catch let error as AdminError {
      guard !trips.all.isEmpty else { throw agent.explained(error, asking: "to ping", of: client) }
      failure = error
    }
    guard let first = trips.all.first else { throw CommandFailure("Nothing was measured.") }
    let report = PingReport(of: first.member, trips.all)
    try StandardOutput.say(json ? try jsonText(report) : PingTable.text(report))
    if let failure {
      throw CommandFailure("It was broken off after \(trips.all.count) of \(count): \(failure.message)")
    }
    try Self.judge(report)
  }

  private static func judge(_ report: PingReport) throws {
    for (name, path) in [("UDP", report.udp), ("the channel", report.channel)] where path.lost == path.sent {
      throw CommandFailure("\(report.member.label) did not answer over \(name): \(path.lastError ?? "no answer came").")
    }
  }

  /// What was measured so far, also when the measuring is broken off.
  private final class Trips: Sendable {
    private let trips = Mutex<[RoundTripReport]>([])
    func append(_ trip: RoundTripReport) { trips.withLock { $0.append(trip) } }
    var all: [RoundTripReport] { trips.withLock { $0 } }
  }
}

/// Round trips for people.
enum PingTable {
  static func text(_ report: PingReport) -> String {
    let rows = [("udp", report.udp), ("channel", report.channel)].map { name, path in
      [name, "\(path.sent)", "\(path.lost)"] + [path.min, path.p50, path.p99, path.max].map(milliseconds)
    }
    return "Round trips to \(report.member.label)\n\n"
      + MemberTable.aligned([["PATH", "SENT", "LOST", "MIN", "P50", "P99", "MAX"]] + rows)
  }

  private static func milliseconds(_ nanoseconds: UInt64?) -> String {
    nanoseconds.map { String(format: "%.2f ms", Double($0) / 1e6) } ?? "-"
  }
}
