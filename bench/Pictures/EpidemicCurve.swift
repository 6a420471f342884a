import Foundation

/// How news curves when every member tells a random one in each round, and is told by one: the logistic curve (SWIM §4.1).
package enum EpidemicCurve {
  /// The share of `nodes` that know after so many rounds: 1 / (1 + (N − 1)·e^(−(2 − 1/N)·t)).
  package static func share(afterRounds rounds: Double, nodes: Int) -> Double {
    let count = Double(nodes)
    return 1 / (1 + (count - 1) * exp(-(2 - 1 / count) * rounds))
  }
}
