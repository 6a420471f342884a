/// One thing that a node does for a packet, done over and over by itself.
package struct MicroOperation {
  /// As in JSON and after `--operation`.
  package let name: String
  /// For a person.
  let title: String
  /// Makes so many steps ready, uncounted; called before each round.
  package let prepare: (_ steps: Int) -> Void
  /// Does one of them; must come after `prepare`, each number once.
  package let step: (Int) -> Void
  /// How often it has done what it is meant to do, so far.
  package let successes: () -> Int
}
