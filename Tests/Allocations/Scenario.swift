import EngineWorkload
import ShoalCore

/// One kind of traffic: what is made ready before it, uncounted, and what is then done over and over.
struct Scenario {
  let name: String
  /// How often `step` is done after each time `prepare` was.
  let steps: Int
  /// How often both are done in a round.
  var batches = 1
  /// What each step may allocate, because it brings news that has to be kept.
  var allowance = Allowance.nothing
  /// What the engine counts when the traffic is what it should be, and how often per step at least.
  let proof: (counter: (Counters) -> UInt64, perStep: Double)
  /// Told how often it has been called; may allocate.
  let prepare: (Subject, Int) -> Void
  /// Told how many steps have gone before; must not allocate more than it is allowed.
  let step: (Subject, Int) -> Void

  enum Allowance {
    case nothing
    /// A record that is new: its bytes, and now and then more room in what remembers members.
    case record
    /// The same, and the digest of the view that is compared at once with whoever has come back from the dead.
    case recordAndDigest

    func allocations(inSteps steps: Int) -> Int {
      switch self {
      case .nothing: 0
      case .record: 3 * steps + 8
      case .recordAndDigest: 5 * steps + 8
      }
    }

    /// What is said of it beside the scenario's name.
    var text: String {
      switch self {
      case .nothing: ""
      case .record: " (a new record)"
      case .recordAndDigest: " (a new record, a digest)"
      }
    }
  }

  static func all(for subject: Subject) -> [Scenario] {
    let known = subject.crowd.members.suffix(8).map { Update.alive($0) }
    return [
      exchange("ping → ack", subject.datagram(.ping), ({ $0.datagramsSent }, 1)),
      exchange("ping → ack, known news", subject.datagram(.ping, carrying: known), ({ $0.updatesStale }, 8)),
      exchange("gossip, known news", subject.datagram(.gossip, carrying: known), ({ $0.updatesStale }, 8)),
      freshNews(subject), answeredRequest(subject), unansweredRequest(subject), ownProbes, probesThroughHelpers,
      probesByStream, suspicionCleared, newRecords, comingsAndGoings,
      // Last, for here no time passes: a death is news, and news may allocate.
      accusedAgain(subject),
    ]
  }

  /// The same datagram from one member after the other.
  private static func exchange(
    _ name: String, _ bytes: [UInt8], _ proof: (counter: (Counters) -> UInt64, perStep: Double)
  ) -> Scenario {
    Scenario(name: name, steps: 20_000, proof: proof) { subject, _ in
      subject.script = .answer
    } step: { subject, step in
      subject.receive(bytes, from: subject.crowd.sender(step))
    }
  }

  /// A suspicion, a death and a goodbye that are known.
  private static func accusedAgain(_ subject: Subject) -> Scenario {
    let members = subject.crowd.members
    let evidence = Evidence(accuser: members[1].id, witnesses: [members[2].id, members[3].id], paths: .direct)
    let updates: [Update] = [
      .suspect(claim(members[members.count - 12]), evidence), .dead(claim(members[members.count - 13]), evidence),
      .left(claim(members[members.count - 14]), .left),
    ]
    let bytes = subject.datagram(.ping, carrying: updates)
    return Scenario(name: "ping → ack, known accusations", steps: 20_000, proof: ({ $0.updatesStale }, 3)) {
      subject, _ in
      subject.script = .answer
      subject.receive(subject.datagram(.gossip, carrying: updates), from: members[1].id)
    } step: { subject, step in
      subject.receive(bytes, from: members[1 + step % 8].id)
    }
  }

  private static func claim(_ record: Record) -> Update.Claim {
    Update.Claim(id: record.id, incarnation: 1 << 20)
  }

  /// Acks that carry what has just been learned.
  private static func freshNews(_ subject: Subject) -> Scenario {
    let members = subject.crowd.members
    let bytes = subject.datagram(.ping)
    return Scenario(
      name: "ping → ack, fresh news in the ack", steps: 4, batches: 500, proof: ({ $0.updatesSent }, 6)
    ) { subject, round in
      subject.script = .answer
      let news = members[16..<32].map { Update.alive($0.with(incarnation: UInt64(2 + round))) }
      for update in news { subject.receive(subject.datagram(.gossip, carrying: [update]), from: members[2].id) }
    } step: { subject, step in
      subject.receive(bytes, from: subject.crowd.sender(step))
    }
  }

  /// Requests whose target answers.
  private static func answeredRequest(_ subject: Subject) -> Scenario {
    let bytes = subject.datagram(.pingRequest, target: subject.crowd.members[subject.crowd.members.count / 2].id)
    return Scenario(name: "ping request → ping → ack → ack", steps: 20_000, proof: ({ $0.datagramsSent }, 2)) {
      subject, round in
      subject.script = .answer
      // Timers outlive the pings that they watch: there is room for as many as the steps have at once.
      for step in 0..<2_000 {
        subject.receive(bytes, from: subject.crowd.sender(step))
        subject.advance(by: .milliseconds(1))
      }
    } step: { subject, step in
      subject.receive(bytes, from: subject.crowd.sender(step))
      subject.advance(by: .milliseconds(1))
    }
  }

  /// Requests whose target says nothing: a nack goes back when the time is over.
  private static func unansweredRequest(_ subject: Subject) -> Scenario {
    let bytes = subject.datagram(.pingRequest, target: subject.crowd.members[subject.crowd.members.count / 2].id)
    return Scenario(name: "ping request → ping, silence → nack", steps: 10_000, proof: ({ $0.datagramsSent }, 2)) {
      subject, _ in
      subject.script = .answer
    } step: { subject, step in
      subject.script = .silent
      subject.receive(bytes, from: subject.crowd.sender(step))
      subject.script = .answer
      subject.advance(by: .milliseconds(500))
    }
  }

  private static var ownProbes: Scenario {
    Scenario(name: "own probes, all answered", steps: 10_000, proof: ({ $0.probesAcked }, 0.9)) { subject, _ in
      subject.script = .answer
    } step: { subject, _ in
      subject.advance(by: .seconds(1))
    }
  }

  private static var probesThroughHelpers: Scenario {
    Scenario(name: "own probes, nacks, helpers' acks", steps: 10_000, proof: ({ $0.nacksReceived }, 0.5)) {
      subject, _ in
      subject.script = .answerThroughHelpers
    } step: { subject, _ in
      subject.advance(by: .seconds(1))
    }
  }

  /// A link that carries no datagrams: every probe is a false alarm that the stream ping ends.
  private static var probesByStream: Scenario {
    Scenario(
      name: "own probes, nacks, an answer by stream", steps: 5_000, proof: ({ $0.streamPingsAnswered }, 0.9)
    ) { subject, _ in
      subject.script = .answerStreams
    } step: { subject, _ in
      subject.advance(by: .seconds(1))
    }
  }

  /// A member falls silent for its probe and for the first look after it, and then answers.
  private static var suspicionCleared: Scenario {
    Scenario(name: "suspicion raised, looked at twice, cleared", steps: 1_000, proof: ({ $0.suspicionsCleared }, 0.9)) {
      subject, _ in
      subject.script = .answer
    } step: { subject, _ in
      let raised = subject.engine.counters.suspicionsRaised
      subject.script = .nack
      subject.advance(until: { $0.suspicionsRaised > raised }, limit: .seconds(3))
      subject.advance(by: .milliseconds(350))
      subject.script = .answer
      subject.advance(by: .milliseconds(450))
    }
  }

  /// Each member in turn tells of a new version of its record, and the engine passes it on.
  private static var newRecords: Scenario {
    Scenario(
      name: "update applied and passed on", steps: 50, batches: 20, allowance: .record,
      proof: ({ $0.updatesApplied }, 1)
    ) { subject, batch in
      subject.script = .answer
      subject.story = subject.crowd.members[40..<90].map { member in
        (member.id, subject.datagram(.gossip, carrying: [.alive(member.with(incarnation: UInt64(1_000 + batch)))]))
      }
    } step: { subject, step in
      subject.tell(step)
      subject.advance(by: .milliseconds(250))
    }
  }

  /// A member is declared dead, leaves the probe ring, comes back under a new record and enters the ring again.
  private static var comingsAndGoings: Scenario {
    Scenario(
      name: "death, return, ring follows", steps: 20, batches: 20, allowance: .recordAndDigest,
      proof: ({ $0.updatesApplied }, 2)
    ) { subject, batch in
      subject.script = .answer
      let accuser = subject.crowd.members[1].id
      subject.story = subject.crowd.members.suffix(30).prefix(20).flatMap { member in
        let claim = Update.Claim(id: member.id, incarnation: UInt64(2_000 + 2 * batch))
        let death = Update.dead(claim, Evidence(accuser: accuser, paths: .direct))
        let comeback = Update.alive(member.with(incarnation: claim.incarnation + 1))
        return [
          (accuser, subject.datagram(.gossip, carrying: [death])),
          (member.id, subject.datagram(.gossip, carrying: [comeback])),
        ]
      }
    } step: { subject, step in
      subject.tell(2 * step)
      subject.advance(by: .seconds(3))
      subject.tell(2 * step + 1)
      subject.advance(by: .seconds(3))
    }
  }
}
