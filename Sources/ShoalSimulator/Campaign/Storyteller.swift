import ShoalCore

/// Tells what happened in a scenario: its faults, and what the members noticed. What many notice within moments is one line.
final class Storyteller {
  /// Events of one kind that came close to each other.
  private struct Burst {
    let kind: NodeEvent.Kind
    let begins: Duration
    var ends: Duration
    var subjects: [String] = []
    var witnesses: Set<String> = []

    mutating func add(_ event: NodeEvent) {
      ends = event.time
      witnesses.insert(event.node)
      let subject = event.kind.isAboutItself ? event.node : event.member?.name ?? event.node
      if !subjects.contains(subject) { subjects.append(subject) }
    }
  }

  private struct Line {
    let time: Duration
    let text: String
  }

  private var going: [Burst] = []
  private var lines: [Line] = []

  /// A burst is over after so long a silence, and then a new line begins.
  private static let silence = Duration.seconds(1)
  private static let longestBurst = Duration.seconds(5)
  private static let namesShown = 6

  func hear(_ event: NodeEvent) {
    if let position = going.firstIndex(where: { $0.kind == event.kind }) {
      let burst = going[position]
      if event.time - burst.ends <= Self.silence, event.time - burst.begins <= Self.longestBurst {
        going[position].add(event)
        return
      }
      lines.append(Self.line(going.remove(at: position)))
    }
    var burst = Burst(kind: event.kind, begins: event.time, ends: event.time)
    burst.add(event)
    going.append(burst)
  }

  /// Everything that was heard, among the faults of the scenario.
  func story(of scenario: Scenario, outcome: ScenarioOutcome) -> [String] {
    var all = scenario.faults.map { fault in
      let span = fault.lasts.map { " for \(Clock.text($0))" } ?? ""
      return Line(time: fault.starts, text: "▸ \(fault.fault)\(span)")
    }
    all.append(Line(time: .zero, text: "▸ \(scenario.nodeCount) nodes start"))
    all.append(Line(time: scenario.length, text: "▸ everything heals"))
    if let healedAfter = outcome.healedAfter {
      all.append(Line(time: scenario.length + healedAfter, text: "▸ one view, \(Clock.text(healedAfter)) after that"))
    }
    all += lines + going.map(Self.line)
    // The standard sort is stable: a fault stands before what follows from it.
    return all.sorted { $0.time < $1.time }.map { "\(Self.padded(Clock.text($0.time))) \($0.text)" }
  }

  private static func line(_ burst: Burst) -> Line {
    let names = burst.subjects.prefix(namesShown).joined(separator: " ")
    let others = burst.subjects.count - namesShown
    var text = "  \(burst.kind.told): \(names)\(others > 0 ? " and \(others) more" : "")"
    let span = burst.ends - burst.begins
    let within = span > .zero ? " within \(Clock.text(span))" : ""
    if burst.kind.isAboutItself { text += within } else { text += ", seen by \(burst.witnesses.count)\(within)" }
    return Line(time: burst.begins, text: text)
  }

  private static func padded(_ time: String) -> String { String(repeating: " ", count: max(0, 10 - time.count)) + time }
}

extension NodeEvent.Kind {
  /// Whether a node says so of itself alone.
  fileprivate var isAboutItself: Bool {
    switch self {
    case .admitted, .isolated, .isolationEnded, .joinFailed, .coordinatorChanged, .stopped: true
    case .joined, .updated, .metadataChanged, .suspected, .recovered, .died, .left, .reaped: false
    }
  }

  fileprivate var told: String {
    switch self {
    case .joined: "joined"
    case .updated: "changed their records"
    case .metadataChanged: "have other metadata"
    case .suspected: "suspected"
    case .recovered: "recovered"
    case .died: "held dead"
    case .left: "left"
    case .reaped: "forgotten"
    case .admitted: "admitted"
    case .isolated: "hears nobody"
    case .isolationEnded: "hears others again"
    case .joinFailed: "failed to join at first"
    case .coordinatorChanged: "follow another reign"
    case .stopped: "stopped"
    }
  }
}
