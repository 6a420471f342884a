import Foundation

/// Runs what blocks on a thread of its own: the threads of tasks are few, and waiting on one would hold up every other test.
func onOwnThread<Value: Sendable>(_ body: @Sendable @escaping () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Result { try body() }) }.start()
  }
}
