import NIOCore
import ShoalCore

extension EngineDriver {
  /// From now on this node reads, sends and decides nothing, and its sockets stay open.
  func standStill(_ kind: StandstillKind) {
    guard standstill == nil, !isClosed, let serverChannel, let datagramChannel else { return }
    let standstill = Standstill(kind: kind)
    self.standstill = standstill
    cancelTimer()
    catchUp = nil
    for channel in [serverChannel, datagramChannel] { setReading(channel, false) }
    for connection in Array(streams.values) + Array(closing.values) { connection.hold() }
    if kind == .machine { standstill.fillAcceptQueue(of: serverChannel) }
  }

  /// Goes on: reads what its kernel has kept, then notices how late it is.
  func goOn() {
    guard let standstill, !isClosed, let serverChannel, let datagramChannel else { return }
    self.standstill = nil
    if standstill.kind == .machine {
      standstill.discardDatagrams(of: datagramChannel)
      standstill.emptyAcceptQueue(of: serverChannel, backlog: SocketBinding.backlog)
    }
    for connection in Array(streams.values) + Array(closing.values) { connection.release() }
    for channel in [serverChannel, datagramChannel] { setReading(channel, true) }
    for step in standstill.heldSteps { self.step(step) }
    messages.takeIntake()
    // The loop looks at its sockets first, as it does when a whole process goes on.
    eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(1)) { [self] in
      if !isClosed, self.standstill == nil { schedule() }
    }
  }

  private func setReading(_ channel: any Channel, _ isReading: Bool) {
    try? channel.syncOptions?.setOption(.autoRead, value: isReading)
  }
}
