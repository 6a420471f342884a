public import ServiceLifecycle
import ShoalCore

/// A `ServiceGroup` can run a mesh beside the other services of a process.
///
/// ```swift
/// let mesh = try await Mesh.start(configuration)
/// try await ServiceGroup(services: [mesh, server], gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
/// A group shuts its services down in reverse order: a mesh that comes first leaves when the others, which may use it, are done.
extension Mesh: Service {
  /// Runs until the node is out of the mesh. Graceful shutdown makes it leave as `leave()` does; cancellation ends it as `shutdown()`
  /// does. When it returns or throws, every socket, timer and task of the node is gone.
  ///
  /// - Throws: `MeshError` with code `.stopped` when the cluster has put the node out.
  public func run() async throws {
    let reason = await withTaskGroup(of: MeshStopReason?.self) { group in
      group.addTask { await self.waitUntilStopped() }
      group.addTask {
        do {
          try await gracefulShutdown()
          try await self.leave()
        } catch {
          // Cancelled, or out of the mesh already: the other task tells.
        }
        return nil
      }
      var reason: MeshStopReason?
      while reason == nil, let next = await group.next() { reason = next }
      group.cancelAll()
      return reason
    }
    await shutdown()
    switch reason {
    case nil, .shutdown, .left(.left): return
    case .left(let cause): throw MeshError(.stopped, "the cluster has put the node out: \(cause.name)")
    case .refused(let refusal): throw MeshError(.stopped, "the cluster has refused the node: \(refusal)")
    }
  }
}
