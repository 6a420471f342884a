import Foundation
import Programs
import Shoal
import ShoalAdmin
import Testing

/// The program as people run it. `swift test` builds it beside the tests.
@Suite(.timeLimit(.minutes(5)))
struct CommandLineTests {
  /// Runs `shoal` with nothing but the given environment.
  ///
  /// - Parameter meanwhile: what happens while it runs, and may end it, given the file that it writes to.
  private func shoal(
    _ arguments: [String], environment: [String: String] = [:],
    meanwhile: (_ program: StartedProgram, _ out: String) async throws -> Void = { _, _ in }
  ) async throws -> FinishedProgram {
    try await FinishedProgram.run([BuiltPrograms.shoal] + arguments, environment: environment, meanwhile: meanwhile)
  }

  private static let freePorts = ["--bind", "127.0.0.1:0", "--admin", "127.0.0.1:0"]

  @Test("a new key is one line, base64 of 32 bytes, and never the same")
  func keygen() async throws {
    let first = try await shoal(["keygen"])
    let second = try await shoal(["keygen"])
    #expect(first.status == 0)
    #expect(first.text.hasSuffix("\n"))
    #expect(Data(base64Encoded: String(first.text.dropLast()))?.count == 32)
    #expect(first.text != second.text)
  }

  @Test("without a key the agent refuses, and says how to make one")
  func noKey() async throws {
    let output = try await shoal(["agent"] + Self.freePorts)
    #expect(output.status != 0)
    #expect(output.errors.contains("shoal keygen"))
    #expect(output.errors.contains("--insecure"))
  }

  @Test(
    "a bad key file is named with its fault, its content never shown",
    arguments: [
      "", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMQ==", "secret-but-not-base64!", "c2VjcmV0\nc2VjcmV0\n",
      "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
    ])
  func badKeyFile(content: String) async throws {
    try await withFolder { folder in
      let file = folder + "/cluster.key"
      try Data(content.utf8).write(to: URL(fileURLWithPath: file))
      let output = try await shoal(["agent", "--key-file", file] + Self.freePorts)
      #expect(output.status != 0)
      #expect(output.errors.contains(file))
      #expect(content.isEmpty || !output.errors.contains(content.prefix(8)))
    }
  }

  @Test("a key file that others may read is taken with a warning", arguments: [0o644, 0o600])
  func openKeyFile(mode: Int) async throws {
    try await withFolder { folder in
      let file = folder + "/cluster.key"
      try Data((try await shoal(["keygen"])).text.utf8).write(to: URL(fileURLWithPath: file))
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
      // It cannot start, so that it ends by itself.
      let output = try await shoal(
        ["agent", "--key-file", file, "--bind", "127.0.0.1:0", "--admin", "0.0.0.0:0"])
      #expect(output.status != 0)
      #expect(output.errors.contains("chmod 600 \(file)") == (mode == 0o644))
    }
  }

  @Test("a token folder that cannot be written keeps the agent from joining")
  func tokenFolder() async throws {
    let output = try await shoal(
      ["agent", "--insecure", "--name", "a"] + Self.freePorts, environment: ["XDG_STATE_HOME": "/dev/null"])
    #expect(output.status != 0)
    #expect(output.errors.contains("/dev/null") && output.errors.contains("XDG_STATE_HOME"))
    #expect(!output.errors.contains("founded"))
  }

  @Test("what is no UTF-8 is not sent as something else", arguments: ["send b", "broadcast"])
  func notText(command: String) async throws {
    let script = "\"$0\" \(command) \"$(printf 'a\\377')\""
    let output = try await FinishedProgram.run(["/bin/sh", "-c", script, BuiltPrograms.shoal])
    #expect(output.status != 0)
    #expect(output.errors.contains("is not UTF-8"))
  }

  @Test("a number that is refused is named", arguments: ["--count=-1", "--count -1", "--interval -2"])
  func numbers(options: String) async throws {
    let output = try await shoal(["ping", "b"] + options.split(separator: " ").map(String.init))
    #expect(output.status != 0)
    #expect(output.errors.contains(options.suffix(2)))
  }

  @Test("a key in the environment is checked like one in a file")
  func badKeyVariable() async throws {
    let output = try await shoal(["agent"] + Self.freePorts, environment: ["SHOAL_KEY": "AAAA"])
    #expect(output.status != 0)
    #expect(output.errors.contains("SHOAL_KEY"))
  }

  @Test(
    "an option that cannot work is refused with its value",
    arguments: [
      ["--bind", "nonsense"], ["--admin", "nonsense"], ["--seed", "nonsense"], ["--advertise", "nonsense"],
      ["--role", "nonsense"], ["--preset", "nonsense"], ["--log-level", "nonsense"], ["--tag", "nonsense"],
      ["--admin-token-file", "/nonsense"], ["--metadata-file", "/nonsense"],
    ])
  func badOption(option: [String]) async throws {
    let output = try await shoal(["agent", "--insecure", "--name", "a"] + Self.freePorts + option)
    #expect(output.status != 0)
    #expect(output.errors.contains("nonsense"))
  }

  @Test("a metadata file that is too long is refused with the limit")
  func longMetadata() async throws {
    try await withFolder { folder in
      let file = folder + "/metadata"
      try Data(count: 65_537).write(to: URL(fileURLWithPath: file))
      let output = try await shoal(["agent", "--insecure", "--metadata-file", file] + Self.freePorts)
      #expect(output.status != 0)
      #expect(output.errors.contains(file) && output.errors.contains("65536"))
    }
  }

  @Test(
    "every command's help has an example",
    arguments: [
      "agent", "members", "why", "metadata", "coordinator", "drain", "undrain", "abdicate", "elect", "evict", "send",
      "broadcast", "listen", "ping", "leave", "keygen", "version",
    ])
  func help(command: String) async throws {
    let output = try await shoal([command, "--help"])
    #expect(output.status == 0)
    #expect(output.text.components(separatedBy: "USAGE:")[0].contains("shoal \(command)"))
  }

  @Test(
    "pointed at no agent, a command says so and how to start one",
    arguments: [
      ["members"], ["why", "a"], ["metadata", "a"], ["coordinator"], ["send", "a", "x"], ["broadcast", "x"],
      ["listen"], ["ping", "a"], ["leave"], ["drain"], ["undrain"], ["abdicate"], ["elect"], ["evict", "a"],
    ])
  func noAgent(arguments: [String]) async throws {
    let address = try await AgentHarness.run { $0.server.address }
    let output = try await shoal(arguments, environment: ["SHOAL_ADMIN": "\(address)"])
    #expect(output.status != 0)
    #expect(output.errors.contains("\(address)"))
    #expect(output.errors.contains("shoal agent"))
  }

  @Test("without the token the members are shown, but the agent stays")
  func noToken() async throws {
    try await AgentHarness.run { agent in
      let admin = ["--admin", "\(agent.server.address)"]
      let members = try await shoal(["members", "--json"] + admin)
      #expect(members.status == 0)
      let report = try ReportCoding.decode(MembersReport.self, from: Data(members.text.utf8))
      #expect(report.members.map(\.name) == ["a"])
      let leave = try await shoal(["leave"] + admin)
      #expect(leave.status != 0)
      #expect(leave.errors.contains("token"))
      #expect(agent.mesh.phase == .admitted)
    }
  }

  @Test("people are told who coordinates, and what happened before")
  func coordinator() async throws {
    try await AgentHarness.run { agent in
      for await _ in agent.mesh.events where agent.mesh.isCoordinator { break }
      let reign = try #require(agent.mesh.coordinator)
      let admin = ["--admin", "\(agent.server.address)"]
      let now = try await shoal(["coordinator"] + admin)
      #expect(now.status == 0)
      #expect(now.text.hasPrefix("a ("))
      #expect(now.text.contains("coordinates under epoch \(reign.epoch)"))
      let history = try await shoal(["coordinator", "--history"] + admin)
      #expect(history.text.contains("\(reign.epoch)") && history.text.contains("lasts"))
      let json = try await shoal(["coordinator", "--json"] + admin)
      let report = try ReportCoding.decode(CoordinatorReport.self, from: Data(json.text.utf8))
      #expect(report.isSelf && report.state == "coordinating" && report.policy == "oldest")
    }
  }

  @Test("an operator drains, undrains, has another reign begin, and evicts, and is told what came of it")
  func operations() async throws {
    try await AgentHarness.run(beside: ["b"]) { agent, others in
      #expect(try await agent.waits { agent.mesh.isCoordinator && others[0].coordinator?.name == "a" })
      let file = try #require(agent.server.writtenTokenFile)
      let options = ["--admin", "\(agent.server.address)", "--token-file", file]
      let elect = try await shoal(["elect"] + options)
      #expect(elect.text.hasPrefix("a coordinates under epoch ") && elect.text.hasSuffix(", for the reason forced.\n"))
      let drain = try await shoal(["drain", "--timeout", "5"] + options)
      #expect(drain.status == 0)
      #expect(drain.text == "a is draining and does not coordinate.\n")
      let members = try await shoal(["members"] + options)
      #expect(members.text.contains(" draining"))
      #expect(try await agent.waits { agent.mesh.coordinator?.name == "b" })
      let refused = try await shoal(["abdicate"] + options)
      #expect(refused.status != 0)
      #expect(refused.errors.contains("a does not coordinate, but b does"))
      let undrain = try await shoal(["undrain", "--json"] + options)
      let report = try ReportCoding.decode(DrainReport.self, from: Data(undrain.text.utf8))
      #expect(report.name == "a" && !report.draining)
      #expect(try await agent.waits { agent.mesh.isCoordinator && others[0].coordinator?.name == "a" })
      let abdicate = try await shoal(["abdicate"] + options)
      #expect(abdicate.text.hasPrefix("a has abdicated: b coordinates under epoch "))
      let evict = try await shoal(["evict", "b"] + options)
      #expect(evict.text.hasPrefix("b (") && evict.text.hasSuffix("which was alive, is evicted.\n"))
      #expect(await others[0].waitUntilStopped() == .left(.evicted))
      let wrong = try await shoal(["drain", "--timeout", "4000"] + options)
      #expect(wrong.status != 0 && wrong.errors.contains("4000"))
    }
  }

  @Test("with the token the agent leaves")
  func leave() async throws {
    try await AgentHarness.run { agent in
      let file = try #require(agent.server.writtenTokenFile)
      let output = try await shoal(["leave", "--admin", "\(agent.server.address)", "--token-file", file])
      #expect(output.status == 0)
      #expect(output.text == "a has left its cluster.\n")
      #expect(agent.mesh.phase == .stopped)
    }
  }

  @Test("a text is sent to one member or to all, and the status tells whether somebody is missing")
  func texts() async throws {
    try await AgentHarness.run(beside: ["b"]) { agent, others in
      let file = try #require(agent.server.writtenTokenFile)
      let options = ["--admin", "\(agent.server.address)", "--token-file", file]
      let send = try await shoal(["send", "b", "hello", "--acknowledged"] + options)
      #expect(send.text == "b has it.\n")
      let queued = try await shoal(["send", "b", "hello"] + options)
      #expect(queued.text == "Queued for b.\n")
      let all = try await shoal(["broadcast", "hello"] + options)
      #expect(all.status == 0)
      #expect(all.text.hasPrefix("NAME  ID        RECEIPT  WHY\nb     "))
      #expect(all.text.hasSuffix("\n1 of 1 have it\n"))
      try await others[0].standStill(.process)
      let partial = try await shoal(["broadcast", "hello", "--json"] + options)
      #expect(partial.status != 0)
      #expect(partial.errors.contains("1 of 1"))
      let report = try ReportCoding.decode(BroadcastReport.self, from: Data(partial.text.utf8))
      #expect(report.missing.map(\.node.name) == ["b"])
      let unheard = try await shoal(["send", "b", "hello", "--acknowledged"] + options)
      #expect(unheard.status != 0)
      #expect(unheard.text.isEmpty)
    }
  }

  @Test("round trips are a table of both ways")
  func ping() async throws {
    try await AgentHarness.run(beside: ["b"]) { agent, _ in
      let file = try #require(agent.server.writtenTokenFile)
      let options = ["--admin", "\(agent.server.address)", "--token-file", file, "--interval", "0"]
      // On a busy machine all of them may take longer than a ping waits.
      var table = try await shoal(["ping", "b", "--count", "3"] + options)
      for _ in 0..<20 where table.status != 0 { table = try await shoal(["ping", "b", "--count", "3"] + options) }
      #expect(table.status == 0)
      let lines = table.text.split(separator: "\n")
      #expect(lines.first == "Round trips to b")
      #expect(lines.dropFirst().map { $0.split(separator: " ").first } == ["PATH", "udp", "channel"])
      #expect(lines.dropFirst(2).allSatisfy { $0.split(separator: " ").dropFirst().first == "3" })
      let json = try await shoal(["ping", "b", "--count", "1", "--json"] + options)
      let report = try ReportCoding.decode(PingReport.self, from: Data(json.text.utf8))
      #expect(report.udp.sent == 1)
      #expect(report.channel.lost == (report.channel.max == nil ? 1 : 0))
      let wrong = try await shoal(["ping", "b", "--count", "0"] + options)
      #expect(wrong.status != 0)
    }
  }

  @Test("messages are printed as they come, and Ctrl-C ends that in order", arguments: [false, true])
  func listen(json: Bool) async throws {
    try await AgentHarness.run(beside: ["b"]) { agent, others in
      let file = try #require(agent.server.writtenTokenFile)
      let options = ["--admin", "\(agent.server.address)", "--token-file", file] + (json ? ["--json"] : [])
      let output = try await shoal(["listen"] + options) { program, out in
        let isHeard = try await agent.waits {
          try others[0].sendOneWay([0xFF], to: agent.mesh.myself.id)
          return try Data(contentsOf: URL(fileURLWithPath: out)).contains(0x0A)
        }
        #expect(isHeard)
        program.send(SIGINT)
      }
      #expect(output.status == 0)
      let first = try #require(output.text.split(separator: "\n").first)
      if json {
        let report = try ReportCoding.decode(HeardReport.self, from: Data(first.utf8))
        #expect(report.base64 == "/w==")
      } else {
        #expect(first.hasSuffix("Z b: \\xff"))
      }
    }
  }

  @Test("totally ordered publications of two are printed in one order by two listeners, with their places")
  func totalOrder() async throws {
    try await AgentHarness.run { coordinator in
      let seeds = [coordinator.mesh.endpoint]
      try await AgentHarness.run(named: "b", seeds: seeds) { b in
        try await AgentHarness.run(named: "c", seeds: seeds) { c in
          let (first, second) = try await ledgers(of: [b, c], beside: coordinator, publications: 8)
          #expect(first == second)
          #expect(first.count == 16)
          for name in ["b", "c"] {
            let own = first.filter { $0.sender == name }
            #expect(own.map(\.text) == (0..<8).map { "\(name) \($0)" })
          }
          let positions = first.map { $0.position.split(separator: "/").compactMap { UInt64($0) } }
          try #require(positions.allSatisfy { $0.count == 2 && $0[0] == b.mesh.coordinator?.epoch })
          // They lie beside each other: nothing else is published, and nothing twice.
          #expect(zip(positions, positions.dropFirst()).allSatisfy { $0[1] + 1 == $1[1] })
        }
      }
    }
  }

  private struct Entry: Equatable {
    let position: String
    let sender: String
    let text: String

    /// From what a listener has printed, without what only shows that it listens.
    static func read(_ out: String) throws -> [Entry] {
      let data = try Data(contentsOf: URL(fileURLWithPath: out))
      // The last line may be on its way.
      return try data[..<(data.lastIndex(of: 0x0A) ?? data.startIndex)].split(separator: 0x0A)
        .map { try ReportCoding.decode(HeardReport.self, from: Data($0)) }
        .map { Entry(position: $0.position ?? "none", sender: $0.sender.label, text: $0.text) }
        .filter { $0.text != beginning && $0.text != end }
    }

    static let beginning = "begin"
    static let end = "end"
  }

  /// What listeners at both agents print while both publish one text after the other, at the same time.
  ///
  /// - Parameter third: publishes before and after, so that it shows when they listen, and that all has come.
  private func ledgers(
    of agents: [AgentHarness], beside third: AgentHarness, publications: Int
  ) async throws -> (first: [Entry], second: [Entry]) {
    func options(_ agent: AgentHarness) throws -> [String] {
      let file = try #require(agent.server.writtenTokenFile)
      return ["--topic", "ledger", "--total", "--admin", "\(agent.server.address)", "--token-file", file]
    }
    for agent in agents + [third] {
      #expect(try await agent.waits { agent.mesh.members.count == 3 && agent.mesh.coordinator?.name == "a" })
    }
    var entries: ([Entry], [Entry]) = ([], [])
    _ = try await shoal(["listen", "--json"] + options(agents[0])) { one, firstOut in
      _ = try await shoal(["listen", "--json"] + options(agents[1])) { other, secondOut in
        func bothContain(_ text: String) throws -> Bool {
          try [firstOut, secondOut].allSatisfy { try String(contentsOfFile: $0, encoding: .utf8).contains(text) }
        }
        // They begin at a moment that only shows when something has come. On a slow machine not everybody has acknowledged it in time.
        while try !bothContain("\n") { _ = try await shoal(["broadcast", Entry.beginning] + options(third)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
          for agent in agents {
            let (name, options) = (agent.mesh.myself.name, try options(agent))
            group.addTask {
              for number in 0..<publications {
                _ = try await shoal(["broadcast", "\(name) \(number)"] + options)
              }
            }
          }
          try await group.waitForAll()
        }
        _ = try await shoal(["broadcast", Entry.end] + options(third))
        #expect(try await third.waits { try bothContain("\"\(Entry.end)\"") })
        entries = (try Entry.read(firstOut), try Entry.read(secondOut))
        other.send(SIGINT)
      }
      one.send(SIGINT)
    }
    return entries
  }

  @Test("people get a table, and sentences for why")
  func people() async throws {
    try await AgentHarness.run { agent in
      let admin = ["--admin", "\(agent.server.address)"]
      let members = try await shoal(["members"] + admin)
      #expect(members.text.split(separator: "\n").first { $0.hasPrefix("*") }?.contains(" a ") == true)
      let why = try await shoal(["why", "a"] + admin)
      #expect(why.text.hasPrefix("a ("))
      try await agent.mesh.setMetadata(Array("any\nbytes".utf8))
      #expect(try await shoal(["metadata", "a"] + admin).text == "any\nbytes")
      let unknown = try await shoal(["why", "nobody"] + admin)
      #expect(unknown.status != 0)
      #expect(unknown.errors.contains("\"nobody\""))
    }
  }
}
