/// Whether a last probe that failed makes its subject dead. Nobody is declared dead on silence alone.
///
/// A node that is cut off itself hears no witnesses either, so its own trouble cannot kill anybody. Where there is a witness,
/// one that heard nothing either is demanded; where none answers for long while the rest of the cluster is heard, the silence
/// of the witnesses has another cause than ours, and the verdict stands.
package enum Jury {
  package enum Verdict: Equatable {
    case dead
    /// Try again soon.
    case undecided
  }

  /// What a last probe has brought, and the circumstances of the judge.
  package struct Findings {
    package var nacks: Int
    /// How many others could have said something.
    package var possibleWitnesses: Int
    /// Last probes so far, this one included, that no helper answered at all.
    package var inconclusiveTries: Int
    /// Since anybody was heard.
    package var silence: Nanoseconds

    package init(nacks: Int, possibleWitnesses: Int, inconclusiveTries: Int, silence: Nanoseconds) {
      self.nacks = nacks
      self.possibleWitnesses = possibleWitnesses
      self.inconclusiveTries = inconclusiveTries
      self.silence = silence
    }
  }

  /// At most so many last probes are under way at once; further ones begin a moment later. When everybody is suspected, as after a
  /// failure of the whole network, a node sends at a bounded rate and not in proportion to the cluster.
  package static let limit = 16
  /// So many tries without a nack, while others are heard, are enough.
  package static let patience = 6
  /// Others count as heard when somebody was within this.
  package static let hearing = Nanoseconds.milliseconds(500)

  package static func judge(_ findings: Findings) -> Verdict {
    if findings.nacks > 0 || findings.possibleWitnesses == 0 { return .dead }
    return findings.inconclusiveTries >= patience && findings.silence < hearing ? .dead : .undecided
  }
}
