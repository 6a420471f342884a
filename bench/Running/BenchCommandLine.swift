import ArgumentParser

/// A command line of this program as a value, for whoever runs several.
package enum BenchCommandLine {
  /// What a scenario's command line asks for, without the program's name. Throws what a person who types it is told.
  package static func job(_ line: String) throws -> Job {
    try job(line.split(separator: " ").map { $0.filter { $0 != "'" } })
  }

  package static func job(_ arguments: [String]) throws -> Job {
    guard let command = try ShoalBench.parseAsRoot(arguments) as? any ScenarioCommand else {
      throw NoScenario(line: arguments.joined(separator: " "))
    }
    return try command.makeJob()
  }

  private struct NoScenario: Error, CustomStringConvertible {
    let line: String
    var description: String { "'\(line)' runs no scenario" }
  }
}
