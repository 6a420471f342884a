import Logging
import NIOCore
import NIOPosix
import ShoalCore
import ShoalSecurity
import Synchronization

/// Drives one engine on one event loop: tells it what comes in and what time it is, and carries out what it says.
///
/// Everything in here runs on that event loop; that is why it may be shared without locks. The engine alone is also read from other
/// threads, so it changes under a lock, which nothing holds that could wait.
final class EngineDriver: StreamDriver, LoopTimerOwner, @unchecked Sendable {
  let eventLoop: any EventLoop
  let publisher: Publisher
  let identity: LocalIdentity
  let configuration: MeshConfiguration
  let key: ClusterKey
  var logger: Logger

  /// Changes only inside `change`.
  private(set) var engine: Engine
  private let engineLock = Mutex<Void>(())
  var sealed: SealedDatagram
  var outbox = Outbox()
  var transport = TransportCounters()
  var streams: [StreamID: StreamConnection] = [:]
  /// Connections that the engine is done with and that still send what was written.
  var closing: [StreamID: StreamConnection] = [:]
  /// Inbound connections that have not authenticated themselves.
  var strangers = Strangers()
  var nextInbound: UInt64 = 2

  /// Where messages come from and go to, for any task.
  let gate: MessageGate
  private(set) lazy var messages = MessageDriver(driver: self, randomSeed: Sodium.randomUInt64(), isClient: false)

  /// This node, as its gate knows it.
  private let reference: DriverReference

  let tracing: MessageTracing
  /// Who waits for answers to pings over UDP.
  let pings = PingDesk()

  let tokens = TokenDesk()
  /// Nil where nothing is kept over restarts.
  private var stateWriter: StateWriter?

  /// Whoever measures this node; nil in every real one.
  let observer: (any DriverObserver)?
  /// Links that are cut, in a bench.
  var filter: LinkFilter?
  /// Set while the node stands still, in a bench.
  var standstill: Standstill?

  private(set) var datagramChannel: (any Channel)?
  private(set) var serverChannel: (any Channel)?
  private var addressFamily: NIOBSDSocket.ProtocolFamily?
  /// What the first datagrams of a step are sealed into, step after step.
  private var sendBuffers: [ByteBuffer] = []
  private static let sendBufferLimit = 4
  private var saltGuard: SaltGuard
  private let timers: LoopTimers
  /// This node's among them, from the first deadline on.
  private var timerNumber: Int?
  /// The one that was set last.
  private var timerDeadline: Instant?
  /// The deadline whose lateness has led to a new salt already.
  private var excusedDeadline: Instant?
  private var isRunning = false
  /// Set from a stall until the datagrams that have waited are in; the engine does not advance meanwhile.
  var catchUp: CatchUp?
  private(set) var isClosed = false
  private var outcome: JoinOutcome

  init(
    configuration: MeshConfiguration, key: ClusterKey, identity: LocalIdentity, eventLoop: any EventLoop,
    stateFile: StateFile?, observer: (any DriverObserver)?
  ) {
    let now = SystemClock.now()
    self.configuration = configuration
    self.key = key
    self.identity = identity
    self.eventLoop = eventLoop
    self.observer = observer
    timers = .shared(by: eventLoop)
    tracing = MessageTracing(tracer: configuration.tracer)
    logger = configuration.logger
    logger[metadataKey: "self"] = "\(identity.name)"
    engine = Engine(
      identity: identity, configuration: configuration.core, randomSeed: Sodium.randomUInt64(),
      memory: stateFile?.memory, now: now)
    sealed = SealedDatagram(
      identity: identity.id, clusterID: configuration.clusterID, key: key, salt: identity.salt)
    publisher = Publisher()
    saltGuard = SaltGuard(now: now)
    outcome = JoinOutcome(promise: eventLoop.makePromise())
    let reference = DriverReference()
    self.reference = reference
    gate = MessageGate(configuration.core.messaging, randomSeed: Sodium.randomUInt64()) {
      eventLoop.execute { reference.driver?.messages.takeIntake() }
    }
    reference.driver = self
    stateWriter = stateFile.map { StateWriter($0, driver: self) }
  }

  // MARK: Life

  /// Begins to read and to look for seeds; the future tells how the first round went.
  func start(_ binding: SocketBinding, seeds: [SeedAddress]) -> EventLoopFuture<JoinOutcome.Result> {
    eventLoop.preconditionInEventLoop()
    datagramChannel = binding.datagrams
    addressFamily = binding.datagrams.localAddress?.protocol
    serverChannel = binding.server
    binding.startReading()
    step { engine, now, outbox in engine.perform(.join(seeds: seeds), now: now, into: &outbox) }
    return outcome.promise.futureResult
  }

  /// Closes every socket and timer. Nothing happens after the future is done.
  func close(reason: MeshStopReason) -> EventLoopFuture<Void> {
    eventLoop.preconditionInEventLoop()
    let channels = [datagramChannel, serverChannel].compactMap { $0 }
    if !isClosed {
      isClosed = true
      if let timerNumber { timers.remove(timerNumber) }
      timerNumber = nil
      reference.driver = nil
      standstill?.release()
      messages.stop()
      pings.close()
      for connection in Array(streams.values) + Array(closing.values) { connection.abort() }
      streams.removeAll()
      closing.removeAll()
      strangers.removeAll()
      for channel in channels { channel.close(promise: nil) }
      publisher.publish(engine.phase == .stopped ? [] : [.stopped(reason)]) { $0.isStopped = true }
      publisher.finish()
      outcome.settle(.stopped(reason))
    }
    let ends = channels.map(\.closeFuture) + (stateWriter.map { [$0.stop()] } ?? [])
    return .andAllComplete(ends, on: eventLoop)
  }

  /// The event loop is gone, and nothing runs on it any more: lets go of what only `close` would have.
  func abandon() {
    reference.driver = nil
    if let timerNumber { timers.remove(timerNumber) }
    timerNumber = nil
  }

  // MARK: Steps

  /// Runs the engine once and carries out what it says. A call from within a step waits until the step is over.
  func step(_ body: @escaping (inout Engine, Now, inout Outbox) -> Void) {
    guard !isClosed else { return }
    if let standstill {
      standstill.heldSteps.append(body)
      return
    }
    guard !isRunning else {
      let deferred = UncheckedSendable(body)
      eventLoop.execute { self.step(deferred.value) }
      return
    }
    let now = SystemClock.now()
    renewSaltIfNeeded(now)
    change { body(&$0, now, &outbox) }
    carryOut()
  }

  private func change(_ body: (inout Engine) -> Void) { engineLock.withLock { _ in body(&engine) } }

  /// Reads the engine from any thread.
  func read<Value: Sendable>(_ body: (borrowing Engine) -> Value) -> Value {
    engineLock.withLock { _ in body(engine) }
  }

  /// A task under a fencing token has begun, or ended; from any thread.
  func tokensChanged(by change: Int) {
    tokens.change(by: change)
    eventLoop.execute {
      self.step { [tokens = self.tokens] engine, now, outbox in
        engine.setOpenTokens(tokens.open, now: now, into: &outbox)
      }
    }
  }

  /// The living, or the dead and left that are remembered, by name; from any thread.
  func members(living: Bool) -> [Member] {
    read { $0.members(living: living) }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
  }

  /// Sends, dials, writes, closes and publishes what the engine has left in its outbox.
  func carryOut() {
    guard !isRunning, !isClosed else { return }
    isRunning = true
    sendDatagrams()
    for action in outbox.streamActions { perform(action) }
    if let memory = outbox.memory { stateWriter?.write(memory) }
    let events = outbox.events
    let concernsMessages = !events.isEmpty || !outbox.handovers.isEmpty
    if concernsMessages { messages.engineStepped(outbox) }
    for result in outbox.pingResults { pings.finish(result) }
    outbox.removeAll()
    isRunning = false
    publish(events)
    observer?.stepped(events, engine)
    schedule()
    if concernsMessages { messages.flush() }
    if engine.phase == .stopped { _ = close(reason: .shutdown) }
  }

  private func publish(_ events: [Event]) {
    publisher.publish(events.isEmpty ? [] : events.map { MeshEvent($0) }) { state in
      state.core = engine.counters
      state.security = sealed.counters
      state.transport = transport
    }
    for event in events {
      log(event)
      outcome.observe(event)
      if case .reaped(let member) = event { sealed.forget(member.id) }
    }
    if engine.isBetweenJoinRounds { outcome.roundEnded() }
  }

  // MARK: Time

  func schedule() {
    guard catchUp == nil else { return }
    change { $0.dropVoidTimers() }
    guard let deadline = engine.nextDeadline else { return }
    setTimer(deadline)
  }

  private func setTimer(_ deadline: Instant) {
    guard !isClosed else { return }
    let number = timerNumber ?? timers.add(self)
    timerNumber = number
    timerDeadline = deadline
    if timers.deadline(of: number) != deadline { timers.set(number, to: deadline) }
  }

  func cancelTimer() {
    if let timerNumber { timers.cancel(timerNumber) }
  }

  /// Time passes for the engine, unless this process did not run meanwhile.
  func timerFired() {
    let now = SystemClock.now()
    let received = engine.counters.datagramsReceived
    if catchUp?.isOver(at: now.monotonic, received: received) == true {
      catchUp = nil
    } else if let catchUp {
      return setTimer(catchUp.due)
    } else if let lag = timerDeadline.map({ now.monotonic.since($0) }), lag > StallGuard.tolerance {
      transport.stalls += 1
      var catchUp = CatchUp(after: lag, at: now.monotonic, received: received)
      self.catchUp = catchUp
      step { engine, now, outbox in engine.stalled(by: lag, now: now, into: &outbox) }
      catchUp.begin(at: SystemClock.now().monotonic)
      self.catchUp = catchUp
      return setTimer(catchUp.due)
    }
    step { engine, now, outbox in engine.advance(to: now, into: &outbox) }
  }

  private func renewSaltIfNeeded(_ now: Now) {
    // Also while the overdue timer has not fired yet: what has waited in the socket is answered first. Once for each stall.
    let overdue = ProcessActivity.shared.overdue(since: timerDeadline, at: now.monotonic)
    let lateness = timerDeadline == excusedDeadline ? 0 : overdue
    guard saltGuard.demandsNewSalt(now: now, lateness: lateness) else { return }
    excusedDeadline = timerDeadline
    let salt = Sodium.randomUInt64()
    transport.saltsDrawn += 1
    sealed.setSalt(salt)
    change { $0.perform(.renewSalt(salt), now: now, into: &outbox) }
    logger.info("drew a new salt after a stall or a change of clock")
  }

  // MARK: Datagrams

  func datagramReceived(_ buffer: ByteBuffer, from source: SocketAddress) {
    guard !isClosed else { return }
    let now = SystemClock.now()
    renewSaltIfNeeded(now)
    var reply: [UInt8] = []
    // It is opened in place, but in a copy: the channel shares the buffer, and writing to it would copy all that it has room for.
    unsafe withUnsafeTemporaryAllocation(byteCount: buffer.readableBytes, alignment: 1) { bytes in
      unsafe buffer.withUnsafeReadableBytes { unsafe bytes.copyMemory(from: $0) }
      switch unsafe sealed.open(bytes, now: now, known: { engine.peer(handle: $0) }) {
      case .message(let sender, let range):
        let plaintext = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[range]))
        change { $0.receive(plaintext, from: sender, now: now, into: &outbox) }
      case .answered: reply = sealed.reply
      case .proved, .rejected: break
      }
    }
    if !reply.isEmpty { write(ByteBuffer(bytes: reply), to: source) }
  }

  func datagramFailed() { transport.datagramSendsFailed += 1 }

  private func sendDatagrams() {
    guard let datagramChannel else { return }
    guard !outbox.transmits.isEmpty else { return }
    for (position, transmit) in outbox.transmits.enumerated() {
      let address = transmit.endpoint.socketAddress
      if let filter, filter.blocks(transmit.endpoint) { continue }
      let size = transmit.range.count + SealedDatagram.overhead
      if position < sendBuffers.count {
        // In place: when the socket has taken what was in it, nobody else holds it and its memory is used again.
        seal(transmit, size: size, into: &sendBuffers[position])
        write(sendBuffers[position], to: address)
      } else {
        var buffer = datagramChannel.allocator.buffer(capacity: size)
        seal(transmit, size: size, into: &buffer)
        write(buffer, to: address)
        if sendBuffers.count < Self.sendBufferLimit { sendBuffers.append(buffer) }
      }
    }
    datagramChannel.flush()
  }

  private func seal(_ transmit: Outbox.Transmit, size: Int, into buffer: inout ByteBuffer) {
    buffer.clear(minimumCapacity: size)
    outbox.withBytes(transmit.range) { plaintext in
      observer?.sends(datagram: plaintext)
      _ = unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { bytes in
        unsafe sealed.seal(plaintext, for: transmit.receiver, into: bytes)
      }
    }
  }

  private func write(_ buffer: ByteBuffer, to address: SocketAddress) {
    guard let datagramChannel, address.protocol == addressFamily else {
      transport.datagramSendsFailed += 1
      return
    }
    transport.datagramsWritten += 1
    transport.datagramBytesWritten += UInt64(buffer.readableBytes)
    datagramChannel.write(AddressedEnvelope(remoteAddress: address, data: buffer), promise: nil)
    if !isRunning { datagramChannel.flush() }
  }
}

/// Carries a value to the same event loop that it came from.
struct UncheckedSendable<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
