package import ShoalCore

/// Seals and opens one node's datagrams with XChaCha20-Poly1305, and keeps replays out.
///
/// A packet is good at one process only: the receiver's NodeID is authenticated with it. The nonce is handle ‖ salt ‖
/// counter: the counter rises by one per packet, the salt is random per process and drawn anew whenever the process may
/// have been copied. Neither sealing nor opening allocates once warm; opening works in place.
package struct SealedDatagram: ~Copyable {
  /// What sealing adds to a datagram, in bytes.
  package static let overhead = DatagramEnvelope.headerBytes + DatagramEnvelope.tagBytes
  /// At most so many processes are told apart; see `SenderTable`.
  package static let senderLimit = SenderTable.limit
  /// At most so many challenges are sent, and so many answered, in a second.
  package static let challengesPerSecond: UInt64 = 50

  /// What became of a received datagram.
  package enum Opened {
    /// Authentic and new: the plaintext stands at `range` of the same memory.
    case message(from: NodeID, range: Range<Int>)
    /// Nothing for the engine. `reply` is to be sent to where the datagram came from.
    case answered
    /// A sender has proved itself: what it sends next will be messages.
    case proved(NodeID)
    case rejected
  }

  private let identity: NodeID
  private var keyring: Keyring
  private var salt: UInt64
  private var counter: UInt64 = 0
  package private(set) var counters = SecurityCounters()
  /// The answer to the datagram opened last, when `open` said `.answered`.
  package private(set) var reply: [UInt8] = []

  private var senders = SenderTable()
  private var receivers = RecentReceivers()
  private var challenges = ChallengeTable()
  private var challengeBucket = TokenBucket(
    perSecond: SealedDatagram.challengesPerSecond, burst: SealedDatagram.challengesPerSecond)
  private var echoBucket = TokenBucket(
    perSecond: SealedDatagram.challengesPerSecond, burst: SealedDatagram.challengesPerSecond)
  private var cipher: DatagramCipher
  private var random: RandomSource

  package init(
    identity: NodeID, clusterID: String, key: ClusterKey, salt: UInt64, random: RandomSource = .system
  ) {
    self.init(identity: identity, clusterID: clusterID, keyring: Keyring(key), salt: salt, random: random)
  }

  package init(
    identity: NodeID, clusterID: String, keyring: Keyring, salt: UInt64, random: RandomSource = .system
  ) {
    self.random = random
    self.identity = identity
    self.keyring = keyring
    self.salt = salt
    cipher = DatagramCipher(clusterID: clusterID)
    reply.reserveCapacity(Self.overhead + Self.proofBytes)
  }

  /// Uses a fresh salt from the next packet on; the counter starts anew with it.
  ///
  /// The salt in use changes nothing: starting its counter anew would repeat nonces.
  package mutating func setSalt(_ salt: UInt64) {
    guard salt != self.salt else { return }
    self.salt = salt
    counter = 0
  }

  /// Uses another keyring from the next packet on. Salt and counter go on, so that a key that comes back repeats no nonce.
  package mutating func setKeyring(_ keyring: Keyring) { self.keyring = keyring }

  /// Forgets the windows of a member that was reaped. Whatever it sends from now on has to be proved.
  package mutating func forget(_ id: NodeID) { senders.forget(id) }

  /// Seals `plaintext` for one receiver into `output`, which must hold `plaintext.byteCount + overhead` bytes.
  ///
  /// - Returns: how many bytes were written; 0 when the output is too small.
  package mutating func seal(
    _ plaintext: RawSpan, for receiver: NodeID, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    let count = unsafe plaintext.withUnsafeBytes {
      unsafe seal($0, channel: .data, for: receiver, into: output)
    }
    if count > 0 { counters.datagramsSealed += 1 }
    receivers.note(receiver.handle)
    return count
  }

  /// Opens a datagram in place.
  ///
  /// - Parameters:
  ///   - datagram: as received; its contents are unspecified afterwards, but for the plaintext of a message.
  ///   - known: the member behind a handle, as the engine knows it.
  package mutating func open(
    _ datagram: UnsafeMutableRawBufferPointer, now: Now, known: (UInt64) -> Peer?
  ) -> Opened {
    guard datagram.count >= Self.overhead else { return reject(\.rejectedTooShort) }
    guard let envelope = unsafe DatagramEnvelope(UnsafeRawBufferPointer(datagram)) else {
      return reject(\.rejectedUnknownVersion)
    }
    guard let key = keyring.key(envelope.key) else { return reject(\.rejectedUnknownKey) }
    switch envelope.channel {
    case .data: return unsafe openData(datagram, envelope, key: key, now: now, known: known)
    case .challenge: return unsafe openChallenge(datagram, envelope, key: key, now: now, known: known)
    case .echo: return unsafe openEcho(datagram, envelope, key: key, now: now, known: known)
    }
  }

  // MARK: Channels

  private mutating func openData(
    _ datagram: UnsafeMutableRawBufferPointer, _ envelope: DatagramEnvelope, key: ClusterKey, now: Now,
    known: (UInt64) -> Peer?
  ) -> Opened {
    let verdict = senders.verdict(handle: envelope.handle, salt: envelope.salt, counter: envelope.counter)
    if case .replayed = verdict { return reject(\.rejectedReplayed) }
    guard let range = unsafe cipher.open(datagram, key: key, receiver: identity) else {
      return reject(\.rejectedForged)
    }
    let sender: NodeID
    switch verdict {
    case .replayed: return reject(\.rejectedReplayed)
    case .fresh, .freshFormer:
      guard let id = senders.mark(verdict, counter: envelope.counter) else { return reject(\.rejectedReplayed) }
      sender = id
    case .unproven:
      // A record vouches for its salt, also a tombstone's: a process that is taken for dead is heard at its first word.
      // Nothing under this salt was taken before, for a window stays as long as the record. One that may have been
      // forgotten since, and is known anew, has to prove itself: a recording may be of the time before.
      guard let peer = known(envelope.handle), peer.salt == envelope.salt, peer.isNeverForgotten,
        senders.trustsRecord(of: envelope.handle)
      else {
        return challenge(envelope, datagramBytes: datagram.count, now: now)
      }
      guard
        senders.open(peer.id, salt: envelope.salt, after: nil, recordSalt: peer.salt, now: now.monotonic, known: known)
      else { return reject(\.rejectedWindowsFull) }
      let first = senders.verdict(handle: envelope.handle, salt: envelope.salt, counter: envelope.counter)
      sender = senders.mark(first, counter: envelope.counter) ?? peer.id
    }
    counters.datagramsOpened += 1
    return .message(from: sender, range: range)
  }

  /// An authentic datagram of an unknown process or salt: it may be a recording. Its sender is asked to prove itself.
  private mutating func challenge(
    _ envelope: DatagramEnvelope, datagramBytes: Int, now: Now
  ) -> Opened {
    // An answer is never longer than what it answers.
    guard Self.overhead + Self.proofBytes <= datagramBytes else { return reject(\.rejectedUnproven) }
    guard !challenges.isWaiting(handle: envelope.handle, salt: envelope.salt, now: now.monotonic),
      challengeBucket.take(at: now.monotonic)
    else { return reject(\.rejectedRateLimited) }
    let token = challenges.issue(
      token: random.next(), handle: envelope.handle, salt: envelope.salt, now: now.monotonic)
    return answer(
      token, channel: .challenge, receiver: NodeID(high: envelope.handle, low: 0), counting: \.challengesSent)
  }

  /// Proves that we are here now, to a member or to whom we sent something lately.
  private mutating func openChallenge(
    _ datagram: UnsafeMutableRawBufferPointer, _ envelope: DatagramEnvelope, key: ClusterKey, now: Now,
    known: (UInt64) -> Peer?
  ) -> Opened {
    let verdict = senders.verdict(handle: envelope.handle, salt: envelope.salt, counter: envelope.counter)
    if case .replayed = verdict { return reject(\.rejectedReplayed) }
    let receiver = NodeID(high: identity.handle, low: 0)
    guard let range = unsafe cipher.open(datagram, key: key, receiver: receiver), range.count == Self.proofBytes
    else { return reject(\.rejectedForged) }
    _ = senders.mark(verdict, counter: envelope.counter)
    guard receivers.contains(envelope.handle) || known(envelope.handle) != nil else {
      return reject(\.rejectedUnproven)
    }
    guard echoBucket.take(at: now.monotonic) else { return reject(\.rejectedRateLimited) }
    let (token, challenger) = unsafe Self.proof(in: datagram, at: range.lowerBound, handle: envelope.handle)
    return answer(token, channel: .echo, receiver: challenger, counting: \.challengesAnswered)
  }

  private mutating func openEcho(
    _ datagram: UnsafeMutableRawBufferPointer, _ envelope: DatagramEnvelope, key: ClusterKey, now: Now,
    known: (UInt64) -> Peer?
  ) -> Opened {
    guard let range = unsafe cipher.open(datagram, key: key, receiver: identity), range.count == Self.proofBytes
    else { return reject(\.rejectedForged) }
    let (token, id) = unsafe Self.proof(in: datagram, at: range.lowerBound, handle: envelope.handle)
    let peer = known(envelope.handle)
    guard challenges.redeem(token: token, handle: envelope.handle, salt: envelope.salt, now: now.monotonic),
      peer == nil || peer?.id == id
    else { return reject(\.rejectedUnproven) }
    // The proof is of now: what was sealed before it, recorded or merely late, is not taken any more. A window that
    // exists is not reopened: it remembers what was seen.
    let verdict = senders.verdict(handle: envelope.handle, salt: envelope.salt, counter: envelope.counter)
    if case .unproven = verdict {
      let isOpen = senders.open(
        id, salt: envelope.salt, after: envelope.counter, recordSalt: peer?.salt,
        now: now.monotonic, known: known)
      guard isOpen else { return reject(\.rejectedWindowsFull) }
    }
    counters.echoesAccepted += 1
    return .proved(id)
  }

  private mutating func reject(_ kind: WritableKeyPath<SecurityCounters, UInt64>) -> Opened {
    counters[keyPath: kind] += 1
    return .rejected
  }

  // MARK: Proofs

  /// A challenge and an echo both carry a token and the second half of the sender's NodeID.
  private static let proofBytes = 16

  private static func proof(
    in datagram: UnsafeMutableRawBufferPointer, at offset: Int, handle: UInt64
  ) -> (token: UInt64, sender: NodeID) {
    let bytes = UnsafeRawBufferPointer(datagram)
    let token = unsafe DatagramEnvelope.read(bytes, at: offset, count: 8)
    let low = unsafe DatagramEnvelope.read(bytes, at: offset + 8, count: 8)
    return (token, NodeID(high: handle, low: low))
  }

  private mutating func answer(
    _ token: UInt64, channel: DatagramEnvelope.Channel, receiver: NodeID,
    counting kind: WritableKeyPath<SecurityCounters, UInt64>
  ) -> Opened {
    var plaintext: [UInt8] = []
    plaintext.write(token)
    plaintext.write(identity.low)
    var sealed: [UInt8] = []
    swap(&sealed, &reply)
    sealed.removeAll(keepingCapacity: true)
    sealed.append(contentsOf: repeatElement(0, count: plaintext.count + Self.overhead))
    let count = unsafe plaintext.withUnsafeBytes { input in
      unsafe sealed.withUnsafeMutableBytes { unsafe seal(input, channel: channel, for: receiver, into: $0) }
    }
    sealed.removeLast(sealed.count - count)
    reply = sealed
    counters[keyPath: kind] += 1
    return .answered
  }

  // MARK: Sealing

  private mutating func seal(
    _ plaintext: UnsafeRawBufferPointer, channel: DatagramEnvelope.Channel, for receiver: NodeID,
    into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    guard output.count >= plaintext.count + Self.overhead else { return 0 }
    // 2^64 packets under one salt are out of reach; still, a counter that would repeat draws a new salt instead.
    if counter == .max { setSalt(random.next()) }
    counter += 1
    let key = keyring.sealing
    let envelope = DatagramEnvelope(
      channel: channel, key: key.id.raw, handle: identity.handle, salt: salt, counter: counter)
    let isSealed = unsafe cipher.seal(plaintext, envelope, key: key, receiver: receiver, into: output)
    return isSealed ? plaintext.count + Self.overhead : 0
  }
}
