import Foundation

extension RecordReport {
  /// What a person wants to know, in plain sentences: status, since when, who said so, on what grounds.
  ///
  /// - Parameter now: the agent's clock, as in `ExplanationReport.now`.
  package func sentences(now: UInt64) -> [String] {
    var sentences = [
      "\(member.name) (\(member.id.prefix(8)), \(member.address)) is \(standing) since \(time(statusSince, now: now))."
    ]
    if let suspicion { sentences.append(suspicion) }
    if suspectedHere, member.status == "alive" {
      sentences.append("This node suspects it in private, and goes on asking before it tells anybody.")
    }
    if let detour {
      let way = detour.helper.map { "through \($0.label)" } ?? "over TCP"
      sentences.append(
        "It does not answer this node's pings since \(Self.clock(detour.since)), but answers \(way): the link is broken."
      )
    }
    if let evidence {
      sentences.append(evidence.sentence)
      sentences.append(evidence.pathSentence)
    }
    if let verdict { sentences.append(verdict) }
    return sentences
  }

  private var standing: String {
    switch leaveReason {
    case "left": "left of its own accord"
    case "evicted": "left, evicted by an operator"
    case "superseded": "left, superseded by a newer process of the same name"
    case "nameConflict": "left, because a more senior process has its name"
    case .some(let other): "left (\(other))"
    case nil: member.isSelf ? "\(member.status), the node asked," : member.status
    }
  }

  private var suspicion: String? {
    guard let suspectedAt, let suspicionMilliseconds else {
      return member.status == "alive" && !member.isSelf && !suspectedHere ? "Nobody suspects it." : nil
    }
    let length = Self.length(milliseconds: suspicionMilliseconds)
    let start = Self.clock(suspectedAt)
    switch member.status {
    case "suspect": return "It has been suspected since \(start), for \(length) so far."
    case "alive" where suspectedAt <= statusSince:
      return "It was suspected at \(start) and refuted that after \(length)."
    case "dead": return "It was suspected at \(start); the suspicion lasted \(length)."
    default: return "It was suspected at \(start) before that."
    }
  }

  private var verdict: String? {
    guard let decidedHere else { return nil }
    guard decidedHere else { return "Another node reached the verdict; it was adopted here." }
    if evidence?.paths.contains("alone") == true { return "This node took itself for the last one: decided here." }
    return evidence?.paths.contains("refused") == true
      ? "There was nothing left to wait for: decided here."
      : "This node's own suspicion ran out unrefuted: decided here."
  }

  private func time(_ instant: UInt64, now: UInt64) -> String {
    guard now >= instant else { return Self.clock(instant) }
    return "\(Self.clock(instant)), \(Self.length(milliseconds: now - instant)) ago"
  }

  /// `2026-03-01 12:00:00.250 UTC`.
  package static func clock(_ milliseconds: UInt64) -> String {
    let date = Date(timeIntervalSince1970: Double(milliseconds / 1_000))
    let fraction = String(1_000 + milliseconds % 1_000).dropFirst()
    let seconds = date.formatted(
      .iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false))
    return "\(seconds).\(fraction) UTC"
  }

  /// `250 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
  static func length(milliseconds: UInt64) -> String {
    let seconds = milliseconds / 1_000
    switch seconds {
    case 0: return "\(milliseconds) ms"
    case ..<60: return "\(seconds).\(milliseconds % 1_000 / 100) s"
    case ..<3_600: return "\(seconds / 60) min \(seconds % 60) s"
    case ..<86_400: return "\(seconds / 3_600) h \(seconds / 60 % 60) min"
    default: return "\(seconds / 86_400) d \(seconds / 3_600 % 24) h"
    }
  }
}

extension RecordReport.Node {
  /// The name, or the beginning of the identity when the name is not known.
  package var label: String { name ?? "an unnamed node (\(id.prefix(8)))" }
}

extension RecordReport.Accusation {
  fileprivate var sentence: String {
    guard !witnesses.isEmpty else { return "\(accuser.label) accused it; nobody else has confirmed that." }
    return "\(accuser.label) accused it; \(joined(witnesses.map(\.label))) heard nothing from it either."
  }

  fileprivate var pathSentence: String {
    // What TCP has shown in the end says more than that nobody answered over it.
    let hasVerdictOverTCP = paths.contains("refused") || paths.contains("stalled")
    let tried = paths.filter { $0 != "stream" || !hasVerdictOverTCP }.map { path in
      switch path {
      case "direct": "a ping over UDP got no answer"
      case "indirect": "a ping through other nodes got no answer"
      case "stream": "a connection over TCP got no answer"
      case "alone": "nobody at all was heard for long"
      case "stalled": "the kernel accepted a connection and the process said nothing, so it is paused"
      case "refused": "a connection over TCP was refused, so the process is gone"
      default: "the path \"\(path)\" failed"
      }
    }
    return tried.isEmpty ? "Which paths were tried is not known." : "Grounds: \(joined(tried))."
  }

  private func joined(_ parts: [String]) -> String {
    parts.count < 2 ? parts.joined() : parts.dropLast().joined(separator: ", ") + " and " + parts[parts.count - 1]
  }
}
