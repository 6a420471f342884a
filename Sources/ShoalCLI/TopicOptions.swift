import ArgumentParser
import Shoal

/// Of which order the topics are that a command names.
struct TopicOptions: ParsableArguments {
  @Flag(help: "The topics are of causal order; without it, of the order of each publisher.")
  var causal = false

  @Flag(
    help:
      "The topics are totally ordered: all members get the same publications in the same order, from the coordinator.")
  var total = false

  var order: TopicOrder { total ? .total : causal ? .causal : .fifo }

  /// - Parameter hasTopic: whether the command names one.
  func require(hasTopic: Bool) throws {
    if causal, total { throw ValidationError("A topic has one order; give --causal or --total, not both.") }
    guard causal || total, !hasTopic else { return }
    throw ValidationError("--\(causal ? "causal" : "total") is about topics; give one with --topic.")
  }
}
