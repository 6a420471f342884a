import Foundation
import Programs
import ShoalAdmin
import Testing

/// Machines of their own for agents, on two switches with one cable between them, which can be cut.
///
/// ```
/// host-0 ─┐                      ┌─ host-2
///       left ────── cable ───── right ─ host-3
/// host-1 ─┘                      └─ host-4
/// ```
/// Each is a network namespace without a name: nothing of it shows outside, and the kernel takes it back when the process in it ends, which
/// ends when the tests do. They are in a user namespace, so that nobody need be root where the system lets users have such.
final class SplitNetwork {
  /// Why there can be none here; nil where there can.
  static let refusal: String? = {
    let errors = StartedProgram.makePipe()
    let script = "ip link add switch type bridge && ip link add cable type veth peer name other"
    do {
      let probe = try StartedProgram(
        ["/usr/bin/env"] + unshareUser + ["sh", "-c", script], environment: ["PATH": path], output: .null,
        errors: .handle(errors.fileHandleForWriting))
      try errors.fileHandleForWriting.close()
      let said = try errors.fileHandleForReading.readToEnd() ?? Data()
      return probe.wait() == .success
        ? nil : String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    } catch { return "\(error)" }
  }()

  private static let path = "/usr/sbin:/usr/bin:/sbin:/bin"
  private static let unshareUser = ["unshare", "--user", "--map-root-user", "--net"]

  private let folder: String
  private var switches: RunningProgram?
  private var hosts: [RunningProgram] = []

  private init(in folder: String) { self.folder = folder }

  /// - Parameters:
  ///   - sides: on which switch each host is.
  ///   - arguments: what each host's agent gets besides its addresses and its state file.
  static func run(
    sides: [Side], arguments: (_ host: Int) -> [String], _ body: (SplitNetwork) async throws -> Void
  ) async throws {
    try await withFolder { folder in
      let network = SplitNetwork(in: folder)
      do {
        try await network.connectSwitches()
        for (host, side) in sides.enumerated() { try await network.add(host, to: side, arguments(host)) }
        try await body(network)
      } catch {
        for host in network.hosts.indices {
          if let log = try? String(contentsOfFile: "\(folder)/host-\(host).log", encoding: .utf8) {
            print("host-\(host):\n\(log.suffix(3_000))")
          }
        }
        await network.end()
        throw error
      }
      await network.end()
    }
  }

  enum Side: String { case left, right }

  /// Where a host's agent listens.
  static func address(of host: Int) -> String { "10.77.0.\(host + 1):7946" }

  func cut() async throws { try await onSwitches("ip link set cable down") }

  func heal() async throws { try await onSwitches("ip link set cable up") }

  /// Whom a host's agent follows, by its own account; nil while it does not answer.
  func coordinator(at host: Int) async throws -> CoordinatorReport? {
    try await shoal(["coordinator"], at: host, as: CoordinatorReport.self)
  }

  /// What a host's agent answers; nil while it does not.
  func shoal<Report: Decodable>(_ arguments: [String], at host: Int, as type: Report.Type) async throws -> Report? {
    let output = try await Self.run(
      inside(hosts[host]) + [BuiltPrograms.shoal] + arguments + ["--json", "--admin", Self.admin])
    return output.status == 0 ? try ReportCoding.decode(type, from: Data(output.text.utf8)) : nil
  }

  private static let admin = "127.0.0.1:7947"

  private func connectSwitches() async throws {
    switches = try await holder(Self.unshareUser, named: "switches")
    try await onSwitches(
      "ip link add left type bridge && ip link add right type bridge && ip link set left up && ip link set right up",
      "ip link add cable type veth peer name plug && ip link set cable master left up && ip link set plug master right up"
    )
  }

  private func add(_ host: Int, to side: Side, _ arguments: [String]) async throws {
    let switches = try #require(switches)
    let name = "host-\(host)"
    let agent = ["agent", "--name", name, "--bind", Self.address(of: host), "--admin", Self.admin]
    let program = try await holder(
      ["nsenter", "--target", "\(switches.processID)", "--user", "--preserve-credentials", "unshare", "--net"],
      named: name, running: [BuiltPrograms.shoal] + agent + ["--state", "\(folder)/\(name).state"] + arguments)
    hosts.append(program)
    try await onSwitches(
      "ip link add \(name) type veth peer name eth0 netns \(program.processID)",
      "ip link set \(name) master \(side.rawValue) up")
    let network = Self.address(of: host).replacing(":7946", with: "/24")
    try await succeed(inside(program), "ip link set lo up && ip address add \(network) dev eth0 && ip link set eth0 up")
    try program.write("the network is there")
  }

  /// A process in a namespace of its own, which ends when its standard input does.
  ///
  /// - Parameter command: what it starts once it is told to, and kills in the end; nothing when it is empty.
  private func holder(
    _ entering: [String], named name: String, running command: [String] = []
  ) async throws -> RunningProgram {
    let script = "echo entered; read -r _ && { \"$@\" & cat >/dev/null; kill -KILL $!; }"
    let (lines, continuation) = AsyncStream.makeStream(of: String.self)
    let program = try RunningProgram(
      ["/usr/bin/env"] + entering + ["sh", "-c", script, "sh"] + command,
      environment: ["PATH": Self.path, "HOME": "\(folder)/\(name)"], errors: "\(folder)/\(name).log"
    ) { line in
      if let line { continuation.yield(line) } else { continuation.finish() }
    }
    let first = await lines.first { _ in true }
    try #require(first == "entered", "\(name) has no namespace")
    return program
  }

  private func onSwitches(_ scripts: String...) async throws {
    let switches = try #require(switches)
    for script in scripts { try await succeed(inside(switches), script) }
  }

  private func succeed(_ entering: [String], _ script: String) async throws {
    let output = try await Self.run(entering + ["sh", "-c", script])
    try #require(output.status == 0, "\(script): \(output.errors)")
  }

  private static func run(_ command: [String]) async throws -> FinishedProgram {
    try await FinishedProgram.run(["/usr/bin/env"] + command, environment: ["PATH": path])
  }

  private func inside(_ program: RunningProgram) -> [String] {
    ["nsenter", "--target", "\(program.processID)", "--user", "--net", "--preserve-credentials"]
  }

  private func end() async {
    for program in hosts { await program.end() }
    await switches?.end()
  }
}
