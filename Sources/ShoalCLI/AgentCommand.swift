import ArgumentParser
import Foundation
import Logging
import Shoal
import ShoalAdmin

struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent",
    abstract: "Run a node of the mesh in the foreground, with its control API.",
    discussion: """
      The first node needs no seed and founds the cluster; every other one needs the address of any living member. A \
      seed that is not up yet is tried again for as long as the agent runs. One port serves UDP and TCP. Logs go to \
      stderr; the first line names both addresses. SIGINT or SIGTERM makes the node leave; a second one ends it at once.

        shoal agent --name b --key-file cluster.key --seed 10.0.0.5:7946
      """)

  @Option(help: "Unique in the cluster, the same after a restart; default: the host's name.")
  var name: String?

  @Option(help: ArgumentHelp("Where to listen, for UDP and TCP; port 0 finds one.", valueName: "host:port"))
  var bind = "0.0.0.0:7946"

  @Option(
    help: ArgumentHelp(
      "Where the others reach this node; default: the bound address, or the machine's first one.",
      valueName: "host:port"))
  var advertise: String?

  @Option(
    name: .customLong("seed"), parsing: .singleValue,
    help: ArgumentHelp("A member to join through, by address or host name; repeatable.", valueName: "host:port"))
  var seeds: [String] = []

  @Option(help: "The cluster to be in; nodes of other clusters are refused.")
  var cluster = "shoal"

  @Option(
    help: ArgumentHelp("A file with the cluster key, as shoal keygen prints it; default: SHOAL_KEY.", valueName: "path")
  )
  var keyFile: String?

  @Option(help: "member, or observer: takes part in detection, never coordinates.")
  var role = RoleOption.member

  @Flag(help: "Never coordinate; take part in everything else.")
  var notEligible = false

  @Option(
    name: .customLong("tag"), parsing: .singleValue,
    help: ArgumentHelp("A tag that all members see; repeatable.", valueName: "key=value"))
  var tags: [TagOption] = []

  @Option(
    help: ArgumentHelp(
      "A file with metadata that all members get: any bytes, at most \(MetadataFile.limit).", valueName: "path"))
  var metadataFile: String?

  @Option(help: "Timings: lan (one data centre), wan (between data centres), local (one machine).")
  var preset = PresetOption.lan

  @OptionGroup var coordination: CoordinationOptions

  @Option(help: ArgumentHelp("Where to serve the control API; port 0 finds one.", valueName: "host:port"))
  var admin = "\(AdminAddress.standard)"

  @Option(
    help: ArgumentHelp(
      "A file with a token for the control API; needed beyond loopback, where reads need it too.", valueName: "path"))
  var adminTokenFile: String?

  @Flag(help: "Run without a key of one's own: anybody who can reach the port is trusted. For experiments.")
  var insecure = false

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel = LogLevelOption.info

  func validate() throws {
    let names = Dictionary(grouping: tags, by: \.name)
    if let twice = names.first(where: { $0.value.count > 1 }) {
      throw ValidationError("The tag \"\(twice.key)\" is given twice; give each once.")
    }
    if bind == admin, !bind.hasSuffix(":0") {
      throw ValidationError("--bind and --admin are both \(bind); give the control API a port of its own.")
    }
    if insecure, keyFile != nil { throw ValidationError("--insecure and --key-file exclude each other; drop one.") }
    if insecure, ProcessInfo.processInfo.environment[KeySource.variable] != nil {
      throw ValidationError(
        "--insecure and \(KeySource.variable) exclude each other; unset the variable or drop the option.")
    }
  }

  func run() async throws {
    let log = AgentLog()
    var logger = Logger(label: "shoal") { _ in AgentLogHandler(log: log) }
    logger.logLevel = logLevel.level
    if insecure { logger.warning("--insecure: whoever reaches the port can read, join and speak for anybody") }
    if !insecure, let warning = KeySource(file: keyFile).warning { logger.warning("\(warning)") }
    let signals = SignalWatch()
    let agent = Agent(
      mesh: try meshConfiguration(logger: logger),
      admin: AdminServer.Configuration(address: try AdminAddress(admin), tokenFile: adminTokenFile, logger: logger),
      log: log, signals: signals)
    try await agent.run()
  }

  private func meshConfiguration(logger: Logger) throws -> MeshConfiguration {
    let key = insecure ? nil : try KeySource(file: keyFile).key()
    var configuration = MeshConfiguration(
      name: name ?? ProcessInfo.processInfo.hostName, clusterID: cluster, key: key, bind: bind, seeds: seeds)
    configuration.insecure = insecure
    configuration.advertise = advertise
    configuration.role = role.role
    configuration.tags = Dictionary(tags.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    if let metadataFile { configuration.metadata = try MetadataFile.read(metadataFile) }
    configuration.core = preset.configuration
    coordination.apply(to: &configuration)
    configuration.core.coordination.isEligible = !notEligible
    configuration.logger = logger
    return configuration
  }
}
