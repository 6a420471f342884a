/// What a messenger has counted since it started. Fields only; the driver reads and publishes them.
package struct MessagingCounters: Sendable, Equatable {
  package var messagesAccepted: UInt64 = 0
  package var messagesReceived: UInt64 = 0
  package var messagesDelivered: UInt64 = 0
  package var messagesNotDelivered: UInt64 = 0
  package var messagesUnknown: UInt64 = 0
  package var messagesRefused: UInt64 = 0
  package var payloadBytesReceived: UInt64 = 0
  package var framesWritten: UInt64 = 0
  package var acknowledgementsWritten: UInt64 = 0
  package var duplicateChunks: UInt64 = 0
  package var channelsDialled: UInt64 = 0
  package var channelsOpened: UInt64 = 0
  package var channelsFailed: UInt64 = 0
  package var channelsIdle: UInt64 = 0
  package var pingsSent: UInt64 = 0
  package var sessionsBroken: UInt64 = 0
  /// By `ChannelFault`.
  package private(set) var faults = [UInt64](repeating: 0, count: ChannelFault.allCases.count)

  package init() {}

  mutating func count(_ fault: ChannelFault) { faults[Int(fault.rawValue)] += 1 }

  package subscript(fault: ChannelFault) -> UInt64 { faults[Int(fault.rawValue)] }

  /// Every counter under the name that API and CLI show.
  package var all: [(name: String, value: UInt64)] {
    [
      ("messages_accepted", messagesAccepted), ("messages_received", messagesReceived),
      ("messages_delivered", messagesDelivered), ("messages_not_delivered", messagesNotDelivered),
      ("messages_unknown", messagesUnknown), ("messages_refused", messagesRefused),
      ("message_bytes_received", payloadBytesReceived), ("channel_frames_written", framesWritten),
      ("channel_acknowledgements_written", acknowledgementsWritten), ("channel_duplicate_chunks", duplicateChunks),
      ("channels_dialled", channelsDialled), ("channels_opened", channelsOpened), ("channels_failed", channelsFailed),
      ("channels_idle", channelsIdle), ("channel_pings_sent", pingsSent), ("sessions_broken", sessionsBroken),
    ] + ChannelFault.allCases.map { ("channel_fault_\($0.counterName)", self[$0]) }
  }
}

extension ChannelFault {
  /// As in the counter's name.
  package var counterName: String {
    switch self {
    case .malformed: "malformed"
    case .unknownKind: "unknown_kind"
    case .futureSequence: "future_sequence"
    case .contradiction: "contradiction"
    case .overWindow: "over_window"
    case .messageTooLong: "message_too_long"
    case .wrongLength: "wrong_length"
    case .greetingTimedOut: "greeting_timed_out"
    case .silent: "silent"
    case .duplicate: "duplicate"
    case .notMember: "not_member"
    }
  }
}
