import ShoalCore
import ShoalSimulator

/// What the simulator's checker of messages has found in a small world, and how often what it looks at has happened.
struct MessagingLedger {
  private var checker = MessageChecker()
  private(set) var findings: [String] = []
  private(set) var outcomes: [MessageOutcome: Int] = [:]
  private(set) var receivedCount = 0
  private(set) var breakCount = 0
  private var outcomeOf: [NodeID: [UInt64: MessageOutcome]] = [:]
  /// Those who have sent and have not ended: each of their messages must have an outcome.
  private var living: Set<NodeID> = []

  private mutating func find(_ sentence: String?) {
    if let sentence, findings.count < 16 { findings.append(sentence) }
  }

  mutating func sent(_ message: Message, from sender: NodeID, to receiver: NodeID, lane: MessageLane) {
    living.insert(sender)
    checker.sent(message, from: sender, to: receiver, lane: lane)
  }

  mutating func received(_ message: Message, from origin: MessengerEvent.Origin, at receiver: NodeID) {
    receivedCount += 1
    find(checker.received(message, from: origin, at: receiver))
  }

  mutating func finished(_ number: UInt64, from sender: NodeID, to receiver: NodeID, _ outcome: MessageOutcome) {
    outcomes[outcome, default: 0] += 1
    outcomeOf[sender, default: [:]][number] = outcome
    find(checker.finished(number, from: sender, to: receiver, outcome))
  }

  mutating func broken(_ peer: NodeID, generation: UInt64, at observer: NodeID) {
    breakCount += 1
    find(checker.broken(peer, generation: generation, at: observer))
  }

  mutating func heldGone(_ peer: NodeID, at observer: NodeID) { checker.heldGone(peer, at: observer) }

  mutating func processEnded(_ node: NodeID) { living.remove(node) }

  /// A messenger has told all it had to tell at one moment.
  mutating func stepEnded(at observer: NodeID) { find(checker.stepEnded(at: observer)) }

  /// What only shows when everything has come to rest.
  mutating func close() {
    for finding in checker.close(awaitingOutcomesOf: living) { find(finding.sentence) }
  }

  func outcome(of number: UInt64, from sender: NodeID) -> MessageOutcome? { outcomeOf[sender]?[number] }
}
