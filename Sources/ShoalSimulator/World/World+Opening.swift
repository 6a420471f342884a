import ShoalCore
import ShoalSecurity

/// The sealing layer's part in a datagram: a packet is good at one process only, and strangers prove themselves first.
extension World {
  // MARK: For real

  /// Opens a datagram with the very code of real nodes. Returns the buffer, to be used again.
  func arriveSealed(_ header: PacketHeader, _ datagram: consuming [UInt8], at node: VirtualNode) -> [UInt8] {
    var bytes = datagram
    let envelope = SealedHead(bytes)
    let isHostile = header.tampering.mustNotOpen
    let before = checks == .all && isHostile ? Standing(node) : nil
    let length = bytes.count
    let now = node.now(at: clock)
    var opened: Range<Int>?
    var isAnswered = false
    if plantedBug == .replayWindowForgets, let head = envelope, let peer = node.engine.peer(handle: head.handle) {
      node.sealed?.forget(peer.id)
    }
    unsafe bytes.withUnsafeMutableBytes { buffer in
      let engineHolder = node
      switch unsafe node.sealed?.open(buffer, now: now, known: { engineHolder.engine.peer(handle: $0) }) {
      case .message(let sender, let range):
        opened = range
        let plaintext = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[range]))
        node.engine.receive(plaintext, from: sender, now: now, into: &outbox)
      case .answered: isAnswered = true
      case .proved, .rejected, nil: faults.packetsRefused += 1
      }
    }
    if opened != nil, checks == .all, let head = envelope { noteOpened(head, header, at: node) }
    if isAnswered { sendReply(to: header, answering: length, by: node) }
    if let before, before != Standing(node) {
      safety.report(
        Finding(invariant: .tamperingChangesNothing, sentence: "a datagram that was tampered with changed it"),
        at: node,
        about: nil, now: clock)
    }
    if opened != nil { call(node) { _, _, _ in } }
    return bytes
  }

  /// A challenge or its echo goes back to where the datagram seemed to come from.
  private func sendReply(to header: PacketHeader, answering length: Int, by node: VirtualNode) {
    guard let reply = node.sealed?.reply else { return }
    faults.challenges += 1
    node.traffic.addDatagram(plaintextBytes: reply.count - SealedDatagram.overhead)
    noteSealed(reply[...], by: node)
    if checks == .all, let finding = seals.answered(length, with: reply.count) {
      safety.report(finding, at: node, about: nil, now: clock)
    }
    var answer = PacketHeader()
    answer.sender = node.index
    answer.machine = nodes[Int(header.sender)].machine
    post(answer, bytes: reply[...], by: node, overhead: 0)
  }

  func noteSealed(_ datagram: ArraySlice<UInt8>, by node: VirtualNode) {
    guard checks == .all, let head = SealedHead(datagram) else { return }
    if let finding = seals.sealed(handle: head.handle, salt: head.salt, counter: head.counter) {
      safety.report(finding, at: node, about: nil, now: clock)
    }
  }

  private func noteOpened(_ head: SealedHead, _ header: PacketHeader, at node: VirtualNode) {
    let finding = seals.opened(
      by: node.index, handle: head.handle, salt: head.salt, counter: head.counter,
      mustNotOpen: header.tampering.mustNotOpen)
    if let finding { safety.report(finding, at: node, about: nil, now: clock) }
  }

  // MARK: Counted

  /// The same with the seal's verdict known beforehand, for large worlds.
  func arriveCounted(_ header: PacketHeader, _ bytes: [UInt8], at node: VirtualNode) {
    guard header.receiver == node.id, !header.tampering.mustNotOpen, header.tampering != .replay else {
      // Sealed for a predecessor at this address, not authentic, or known: it does not open.
      faults.packetsRefused += 1
      return
    }
    switch header.kind {
    case .challenge: answer(header, as: .echo, bytes: Self.echoBytes, by: node)
    case .echo: node.proven[nodes[Int(header.sender)].id.handle] = header.salt
    case .sealed, .bytes, .hello, .welcome, .confirm, .frame, .end: openCounted(header, bytes, at: node)
    }
  }

  private func openCounted(_ header: PacketHeader, _ bytes: [UInt8], at node: VirtualNode) {
    let sender = nodes[Int(header.sender)].id
    let peer = node.engine.peer(handle: sender.handle)
    let isKnown = peer.map { $0.id == sender && $0.salt == header.salt } ?? false
    guard isKnown || node.proven[sender.handle] == header.salt else {
      faults.challenges += 1
      answer(header, as: .challenge, bytes: Self.challengeBytes, by: node)
      return
    }
    trace.add(bytes.rawSpan)
    node.engine.receive(bytes.rawSpan, from: sender, now: node.now(at: clock), into: &outbox)
    call(node) { _, _, _ in }
  }

  private func answer(_ header: PacketHeader, as kind: PacketKind, bytes: Int, by node: VirtualNode) {
    let asker = nodes[Int(header.sender)]
    node.traffic.addDatagram(plaintextBytes: bytes)
    var answer = PacketHeader()
    answer.kind = kind
    answer.sender = node.index
    answer.machine = asker.machine
    answer.receiver = asker.id
    answer.salt = node.salt
    post(answer, bytes: [], by: node, overhead: bytes + DatagramLimits.sealingOverhead)
  }

  /// A token and the second half of the challenger's NodeID.
  private static let challengeBytes = 16
  /// The same of the sender that proves itself.
  private static let echoBytes = 16
}

/// What a sealed datagram says in clear.
private struct SealedHead {
  let handle: UInt64
  let salt: UInt64
  let counter: UInt64

  init?(_ bytes: some RandomAccessCollection<UInt8>) {
    guard bytes.count >= SealedDatagram.overhead else { return nil }
    func word(_ offset: Int) -> UInt64 {
      let start = bytes.index(bytes.startIndex, offsetBy: offset)
      return bytes[start...].prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
    handle = word(5)
    salt = word(13)
    counter = word(21)
  }
}

/// What can be seen of an engine from outside: the same before and after a datagram that must change nothing.
private struct Standing: Equatable {
  let footprint: Footprint
  let fingerprint: UInt64
  let counters: Counters
  let deadline: Instant?
  let incarnation: UInt64

  init(_ node: VirtualNode) {
    footprint = node.engine.footprint
    fingerprint = node.engine.fingerprint
    counters = node.engine.counters
    deadline = node.engine.nextDeadline
    incarnation = node.engine.ownIncarnation
  }
}
