/// What a checker has found: the broken rule, and a sentence that goes on from "node:".
package struct Finding: Hashable, Sendable {
  package let invariant: Invariant
  package let sentence: String
}
