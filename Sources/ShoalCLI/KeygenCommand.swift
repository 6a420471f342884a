import ArgumentParser
import Shoal

struct KeygenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Make a cluster key and print it: 32 random bytes in base64.",
    discussion: """
      Whoever has the key is trusted by the whole cluster. Keep it in a file that only the agent's user can read:

        (umask 077; shoal keygen > cluster.key)
      """)

  func run() throws { try StandardOutput.say(ClusterKey.generate().base64) }
}
