import Logging
import Shoal
import ShoalAdmin

/// One run of an agent: mesh up, control API up, then until somebody or something ends it.
struct Agent {
  let mesh: MeshConfiguration
  let admin: AdminServer.Configuration
  let log: AgentLog
  let signals: SignalWatch

  /// Returns after a graceful leave.
  ///
  /// - Throws: when it cannot start, and when the node was stopped by others.
  func run() async throws {
    // Before the mesh, so that nobody sees a node come and go.
    let server: AdminServer
    do {
      server = try await AdminServer.start(admin)
    } catch {
      log.release()
      throw error
    }
    let mesh: Mesh
    do {
      mesh = try await Mesh.start(self.mesh)
    } catch {
      log.release()
      await server.shutdown()
      throw error
    }
    server.serve(mesh)
    announce(mesh, server)
    signals.onFirst {
      do {
        try await mesh.leave()
      } catch {
        // Not admitted yet, or out already: nobody to say goodbye to.
        await mesh.shutdown()
      }
    }
    let reason = await mesh.waitUntilStopped()
    await mesh.shutdown()
    await server.shutdown()
    try Self.judge(reason, name: self.mesh.name)
  }

  /// The first line of the log, by which scripts learn the ports that were chosen.
  private func announce(_ mesh: Mesh, _ server: AdminServer) {
    let myself = mesh.myself
    log.release(
      first: AgentLogHandler.line(
        level: .info, message: "listening on \(mesh.boundEndpoint), control API on \(server.address)",
        metadata: [
          "name": "\(myself.name)", "node": "\(myself.id.short)", "status": "\(myself.status)",
          "incarnation": "\(myself.incarnation)", "advertise": "\(mesh.endpoint)", "cluster": "\(mesh.clusterID)",
        ]))
  }

  private static func judge(_ reason: MeshStopReason?, name: String) throws {
    switch reason {
    case nil, .shutdown, .left(.left): return
    case .left(.evicted): throw CommandFailure("\(name) was evicted from its cluster by an operator.")
    case .left(.superseded):
      throw CommandFailure("\(name) was superseded: a newer process joined the cluster under the same name.")
    case .left(.nameConflict):
      throw CommandFailure("\(name) stopped: a more senior process in the cluster has the same name; choose another.")
    case .refused(let refusal): throw CommandFailure("\(name) was refused by the cluster: \(refusal).")
    }
  }
}
