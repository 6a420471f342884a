/// One thing that a tour or the results are made of.
package struct Part: Sendable {
  enum Work: Sendable {
    /// A scenario's command line, without the program's name.
    case scenario(String)
    case micro(countsInstructions: Bool)
    case ceiling(rounds: Int)
    /// Messages beside plain SwiftNIO.
    case message(rounds: Int, seconds: Double)
    /// Beside memberlist.
    case rival(RivalRun)
  }

  /// In names of files, and on the command line.
  package let name: String
  /// For a person.
  package let title: String
  let work: Work
  /// About how long it takes. Seconds.
  let seconds: Int

  init(_ name: String, _ title: String, _ work: Work, seconds: Int) {
    self.name = name
    self.title = title
    self.work = work
    self.seconds = seconds
  }

  /// What has to be typed to do the same.
  package var command: String {
    switch work {
    case .scenario(let line): "shoal-bench \(line)"
    case .micro(let countsInstructions): "shoal-bench micro\(countsInstructions ? " --instructions" : "")"
    case .ceiling(let rounds): "shoal-bench ceiling --rounds \(rounds)"
    case .message(let rounds, let seconds):
      "shoal-bench message --rounds \(rounds) --duration \(Text.plain(seconds))"
    case .rival(let run): run.commandLine
    }
  }
}

extension Sequence<Part> {
  /// About how long all of them take.
  var duration: Duration { .seconds(reduce(0) { $0 + $1.seconds }) }
}

extension Text {
  /// `12 s`, `5 minutes`, `2 h 10 min`.
  static func roughly(_ duration: Duration) -> String {
    let minutes = (duration.components.seconds + 30) / 60
    switch minutes {
    case ..<2: return "\(duration.components.seconds) s"
    case ..<100: return "\(minutes) minutes"
    default: return "\(minutes / 60) h \(minutes % 60) min"
    }
  }
}
