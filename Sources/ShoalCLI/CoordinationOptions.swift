import ArgumentParser
import Shoal

/// How an agent takes part in coordination: the same on all agents, but for the state file.
struct CoordinationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Who coordinates: oldest, highestID, lowestID or rendezvous=KEY; the same on all agents.", valueName: "policy"))
  var policy = PolicyOption(policy: .oldest)

  @Option(
    name: .customLong("voter"), parsing: .singleValue,
    help: ArgumentHelp(
      "A member that votes: a coordinator then needs most of all voters; repeatable, the same on all agents.",
      valueName: "name"))
  var voters: [String] = []

  @Option(
    help: ArgumentHelp(
      "So many seats, taken by the first members: a coordinator then needs most of them; start no more agents than that at first.",
      valueName: "1...\(Quorum.seatLimit)"))
  var expectedSize: Int?

  @Option(
    help: ArgumentHelp(
      "With --voter or --expected-size: for how long a coordinator may act without its voters, 0.2 to 60. Default 2.",
      valueName: "seconds"))
  var lease: Double?

  @Option(
    name: .customLong("state"),
    help: ArgumentHelp(
      "A file for what must survive a restart: epochs, promises, seats and history. Each agent needs its own; made when it is not there.",
      valueName: "path"))
  var stateFile: String?

  func validate() throws {
    if !voters.isEmpty, expectedSize != nil {
      throw ValidationError(
        "--voter and --expected-size exclude each other; name the voters, or let the first members vote.")
    }
    let names = Dictionary(grouping: voters, by: \.self)
    if let twice = names.first(where: { $0.value.count > 1 }) {
      throw ValidationError("The voter \"\(twice.key)\" is given twice; give each once.")
    }
    if let lease {
      guard (0.2...60).contains(lease) else { throw ValidationError("--lease is \(lease); give 0.2 to 60 seconds.") }
      guard !voters.isEmpty || expectedSize != nil else {
        throw ValidationError("--lease needs a quorum; give --voter or --expected-size, too.")
      }
    }
    guard expectedSize.map({ (1...Quorum.seatLimit).contains($0) }) ?? true else {
      throw ValidationError("--expected-size is \(expectedSize ?? 0); give 1 to \(Quorum.seatLimit).")
    }
  }

  func apply(to configuration: inout MeshConfiguration) {
    configuration.stateFile = stateFile
    configuration.core.coordination.policy = policy.policy
    if let lease { configuration.core.coordination.leaseTime = .seconds(lease) }
    if !voters.isEmpty { configuration.core.coordination.quorum = .voters(Set(voters)) }
    if let expectedSize { configuration.core.coordination.quorum = .expectedSize(expectedSize) }
  }
}

/// `--policy`.
struct PolicyOption: ExpressibleByArgument {
  let policy: CoordinatorPolicy

  init(policy: CoordinatorPolicy) { self.policy = policy }

  init?(argument: String) {
    switch argument {
    case "oldest": policy = .oldest
    case "highestID": policy = .highestID
    case "lowestID": policy = .lowestID
    default:
      guard argument.hasPrefix("rendezvous="), argument.utf8.count > "rendezvous=".utf8.count else { return nil }
      policy = .rendezvous(key: String(argument.dropFirst("rendezvous=".count)))
    }
  }

  var defaultValueDescription: String { policy.name }
}
