import Synchronization

import ShoalCore

/// What a coordinator shows where its work takes effect, so that whoever guards that place can refuse one of an older reign.
///
/// Tokens are ordered: a later reign's are above all of an earlier one, and of one reign each is above those before. Guard a resource by
/// remembering the highest token it has seen, and refusing lower ones.
public struct FencingToken: Sendable, Hashable, Comparable, Codable {
  /// The reign's.
  public let epoch: UInt64
  /// Whose reign it is: 32 hexadecimal digits.
  public let coordinator: String
  /// Counts the tokens of this reign, from 1.
  public let counter: UInt64

  public static func < (left: Self, right: Self) -> Bool {
    (left.epoch, left.coordinator, left.counter) < (right.epoch, right.coordinator, right.counter)
  }
}

/// Counts the tokens of each reign, and the tasks that run under one.
final class TokenDesk: Sendable {
  private struct State {
    var epoch: UInt64 = 0
    var counter: UInt64 = 0
    var open = 0
  }

  private let state = Mutex(State())

  func draw(epoch: UInt64, coordinator: NodeID) -> FencingToken {
    state.withLock { state in
      if epoch > state.epoch {
        state.epoch = epoch
        state.counter = 0
      }
      state.counter += 1
      return FencingToken(epoch: epoch, coordinator: coordinator.description, counter: state.counter)
    }
  }

  /// How many tasks run under a token now.
  var open: Int { state.withLock { $0.open } }

  func change(by count: Int) { state.withLock { $0.open += count } }
}
