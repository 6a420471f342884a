import Logging
import ShoalCore

/// One line for each fact, with name, node, status and incarnation.
extension EngineDriver {
  func log(_ event: Event) {
    switch event {
    case .joined(let member): note(.info, "member joined", member)
    case .updated(let member): note(.debug, "member updated its record", member)
    case .metadataChanged(let member): note(.debug, "member's metadata changed", member)
    case .suspected(let member): note(.info, "member is suspected", member)
    case .recovered(let member): note(.info, "member is alive again", member)
    case .died(let member): note(.warning, "member died", member)
    case .left(let member): note(.info, "member left", member)
    case .reaped(let member): note(.debug, "member forgotten", member)
    case .admitted(let member, let founded): note(.info, founded ? "founded the cluster" : "joined the cluster", member)
    case .isolated: logger.warning("nobody is heard: this node seems to be cut off, and accuses nobody")
    case .isolationEnded: logger.info("no longer isolated: somebody is heard, or nobody is left")
    case .coordinatorChanged(let reign?):
      logger.info(
        "coordinator changed",
        metadata: [
          "name": "\(reign.name)", "node": "\(reign.coordinator.short)", "epoch": "\(reign.epoch)",
          "reason": "\(reign.reason.name)",
        ])
    case .coordinatorChanged(nil): logger.warning("there is no coordinator, as far as this node knows")
    case .joinFailed(let failure): logger.warning("join attempt failed", metadata: ["reason": "\(failure.explanation)"])
    case .stopped(.left(let reason)): logger.info("stopped: left the cluster", metadata: ["reason": "\(reason.name)"])
    case .stopped(.refused(let refusal)): logger.error("stopped: refused", metadata: ["reason": "\(refusal)"])
    }
  }

  private func note(_ level: Logger.Level, _ message: Logger.Message, _ member: Member) {
    guard level >= logger.logLevel else { return }
    var metadata: Logger.Metadata = [
      "name": "\(member.name)", "node": "\(member.id.short)", "status": "\(member.status.name)",
      "incarnation": "\(member.incarnation)", "address": "\(member.endpoint)",
    ]
    if let reason = member.leaveReason { metadata["reason"] = "\(reason.name)" }
    logger.log(level: level, message, metadata: metadata)
  }
}
