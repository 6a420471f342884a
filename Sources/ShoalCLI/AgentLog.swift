import Foundation
import Logging
import Synchronization

/// Writes log lines to stderr; holds them back until the line that must come first is known.
final class AgentLog: Sendable {
  private struct State {
    var held: [String] = []
    var isReleased = false
  }

  /// While lines are held back, the oldest gives way beyond this many.
  static let heldLimit = 1_000

  private let state = Mutex(State())

  func write(_ line: String) {
    state.withLock { state in
      if state.isReleased { return Self.print([line]) }
      if state.held.count == Self.heldLimit { state.held.removeFirst() }
      state.held.append(line)
    }
  }

  /// Writes `first`, what was held back, and from now on every line at once.
  func release(first: String? = nil) {
    state.withLock { state in
      guard !state.isReleased else { return }
      Self.print((first.map { [$0] } ?? []) + state.held)
      state.held = []
      state.isReleased = true
    }
  }

  private static func print(_ lines: [String]) {
    guard !lines.isEmpty else { return }
    // A log that nobody reads any more is no reason to stop.
    try? FileHandle.standardError.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
  }
}

/// One line per fact: time, level, message, then metadata as key=value, the keys that people look for first.
struct AgentLogHandler: LogHandler {
  let log: AgentLog
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info

  init(log: AgentLog) { self.log = log }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    log.write(Self.line(level: event.level, message: "\(event.message)", metadata: all))
  }

  private static let leadingKeys = ["name", "node", "status", "incarnation"]

  static func line(level: Logger.Level, message: String, metadata: Logger.Metadata, at date: Date = Date()) -> String {
    let time = date.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true)) + "Z"
    let leading = leadingKeys.filter { metadata[$0] != nil }
    let rest = metadata.keys.filter { !leadingKeys.contains($0) }.sorted()
    let pairs = (leading + rest).map { "\($0)=\(quoted(metadata[$0].map { "\($0)" } ?? ""))" }
    return ([time, level.rawValue, message] + pairs).joined(separator: " ")
  }

  /// Quotes what would not read back as one word, and never lets a value begin a line of its own.
  private static func quoted(_ value: String) -> String {
    let isPlain = !value.isEmpty && value.allSatisfy { !$0.isWhitespace && $0 != "\"" && $0 != "=" }
    return isPlain ? value : value.debugDescription
  }
}
