/// `POST /v1/members/{name}/ping`: one round trip over UDP and one over the channel, at the same time.
package struct RoundTripReport: Codable, Sendable, Hashable {
  package struct Answer: Codable, Sendable, Hashable {
    /// Nil when there was no answer.
    package var nanoseconds: UInt64?
    /// Why there was none: a sentence for a person.
    package var error: String?

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package init(error: String) { self.error = error }
  }

  package var member: RecordReport.Node
  package var udp: Answer
  package var channel: Answer

  package init(member: RecordReport.Node, udp: Answer, channel: Answer) {
    self.member = member
    self.udp = udp
    self.channel = channel
  }
}

/// What `shoal ping` has measured: all round trips to one member.
package struct PingReport: Codable, Sendable, Hashable {
  /// Percentiles by nearest rank, over what was answered.
  package struct Path: Codable, Sendable, Hashable {
    package var sent = 0
    /// How many of them had no answer in time.
    package var lost = 0
    /// In nanoseconds; nil when nothing was answered.
    package var min: UInt64?
    package var p50: UInt64?
    package var p99: UInt64?
    package var max: UInt64?
    /// Why the last one that was lost had no answer.
    package var lastError: String?

    package init(_ answers: [RoundTripReport.Answer]) {
      sent = answers.count
      let sorted = answers.compactMap(\.nanoseconds).sorted()
      lost = sent - sorted.count
      lastError = answers.last { $0.nanoseconds == nil }?.error
      func value(percent: Int) -> UInt64? { sorted.isEmpty ? nil : sorted[(percent * sorted.count + 99) / 100 - 1] }
      min = sorted.first
      p50 = value(percent: 50)
      p99 = value(percent: 99)
      max = sorted.last
    }
  }

  package var member: RecordReport.Node
  package var udp: Path
  package var channel: Path

  package init(of member: RecordReport.Node, _ trips: [RoundTripReport]) {
    self.member = member
    udp = Path(trips.map(\.udp))
    channel = Path(trips.map(\.channel))
  }
}
