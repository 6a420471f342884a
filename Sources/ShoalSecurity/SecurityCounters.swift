/// What the sealing layer has counted since it started.
package struct SecurityCounters: Sendable, Equatable {
  package var datagramsSealed: UInt64 = 0
  package var datagramsOpened: UInt64 = 0
  package var challengesSent: UInt64 = 0
  package var challengesAnswered: UInt64 = 0
  package var echoesAccepted: UInt64 = 0
  package var rejectedTooShort: UInt64 = 0
  package var rejectedUnknownVersion: UInt64 = 0
  package var rejectedUnknownKey: UInt64 = 0
  package var rejectedForged: UInt64 = 0
  package var rejectedReplayed: UInt64 = 0
  package var rejectedUnproven: UInt64 = 0
  package var rejectedRateLimited: UInt64 = 0
  package var rejectedWindowsFull: UInt64 = 0

  package init() {}

  /// Every counter under the name that API and CLI show.
  package var all: [(name: String, value: UInt64)] {
    [
      ("datagrams_sealed", datagramsSealed), ("datagrams_opened", datagramsOpened),
      ("challenges_sent", challengesSent), ("challenges_answered", challengesAnswered),
      ("echoes_accepted", echoesAccepted), ("rejected_too_short", rejectedTooShort),
      ("rejected_unknown_version", rejectedUnknownVersion), ("rejected_unknown_key", rejectedUnknownKey),
      ("rejected_forged", rejectedForged), ("rejected_replayed", rejectedReplayed),
      ("rejected_unproven", rejectedUnproven), ("rejected_rate_limited", rejectedRateLimited),
      ("rejected_windows_full", rejectedWindowsFull),
    ]
  }
}
