import CSodium
package import ShoalCore

/// Seals and opens one node's datagrams with XChaCha20-Poly1305, and keeps replays out.
///
/// A packet is good at one process only: the receiver's NodeID is authenticated with it. The nonce is handle ‖ salt ‖ counter:
/// the counter rises by one per packet, the salt is random per process and drawn anew whenever the process may have been
/// copied. Neither sealing nor opening allocates once warm; opening works in place.
package struct SealedDatagram: ~Copyable {
  /// What sealing adds to a datagram, in bytes.
  package static let overhead = DatagramEnvelope.headerBytes + DatagramEnvelope.tagBytes
  /// At most so many (sender, salt) pairs have a replay window. Further strangers are refused until members are reaped.
  package static let windowLimit = 262_144
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

  private struct WindowKey: Hashable {
    var handle: UInt64
    var salt: UInt64
  }

  private struct Sender {
    var id: NodeID
    var window = ReplayWindow()
  }

  private let identity: NodeID
  private let keyring: Keyring
  private var salt: UInt64
  private var counter: UInt64 = 0
  package private(set) var counters = SecurityCounters()
  /// The answer to the datagram opened last, when `open` said `.answered`.
  package private(set) var reply: [UInt8] = []

  // Looked up, never iterated but to forget a reaped member.
  private var senders: [WindowKey: Sender] = [:]
  private var challenges = ChallengeTable()
  private var challengeBucket = TokenBucket(rate: SealedDatagram.challengesPerSecond)
  private var echoBucket = TokenBucket(rate: SealedDatagram.challengesPerSecond)
  /// version ‖ key id ‖ cluster ‖ receiver: filled in for each packet.
  private var associated: [UInt8]

  package init(identity: NodeID, clusterID: String, key: ClusterKey, salt: UInt64) {
    self.identity = identity
    self.keyring = Keyring(key)
    self.salt = salt
    associated =
      [UInt8](repeating: 0, count: 5) + Blake2b.hash(Array(clusterID.utf8), personal: "shoal cluster")[..<16]
      + [UInt8](repeating: 0, count: 16)
  }

  /// Uses a fresh salt from the next packet on; the counter starts anew with it.
  package mutating func setSalt(_ salt: UInt64) {
    self.salt = salt
    counter = 0
  }

  /// Forgets the windows of a member that was reaped, under the salts it is known by.
  package mutating func forget(_ id: NodeID) {
    senders = senders.filter { $0.value.id != id }
  }

  /// Seals `plaintext` for one receiver into `output`, which must hold `plaintext.byteCount + overhead` bytes.
  ///
  /// - Returns: how many bytes were written; 0 when the output is too small.
  package mutating func seal(
    _ plaintext: RawSpan, for receiver: NodeID, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    counters.datagramsSealed += 1
    return unsafe plaintext.withUnsafeBytes {
      unsafe seal($0, channel: .data, for: receiver, into: output)
    }
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
    case .challenge: return unsafe openChallenge(datagram, envelope, key: key, now: now)
    case .echo: return unsafe openEcho(datagram, envelope, key: key, now: now, known: known)
    }
  }

  // MARK: Channels

  private mutating func openData(
    _ datagram: UnsafeMutableRawBufferPointer, _ envelope: DatagramEnvelope, key: ClusterKey, now: Now,
    known: (UInt64) -> Peer?
  ) -> Opened {
    let windowKey = WindowKey(handle: envelope.handle, salt: envelope.salt)
    let sender = senders[windowKey]
    if let sender, !sender.window.accepts(envelope.counter) { return reject(\.rejectedReplayed) }
    guard let range = unsafe decrypt(datagram, envelope, key: key, receiver: identity) else {
      return reject(\.rejectedForged)
    }
    if var sender {
      sender.window.mark(envelope.counter)
      senders[windowKey] = sender
      counters.datagramsOpened += 1
      return .message(from: sender.id, range: range)
    }
    guard let peer = known(envelope.handle), peer.salt == envelope.salt else {
      return challenge(envelope, datagramBytes: datagram.count, now: now)
    }
    guard admit(windowKey, id: peer.id, counter: envelope.counter) else { return reject(\.rejectedWindowsFull) }
    counters.datagramsOpened += 1
    return .message(from: peer.id, range: range)
  }

  /// An authentic datagram of an unknown process or salt: it may be a recording. Its sender is asked to prove itself.
  private mutating func challenge(
    _ envelope: DatagramEnvelope, datagramBytes: Int, now: Now
  ) -> Opened {
    guard !challenges.isWaiting(handle: envelope.handle, salt: envelope.salt, now: now.monotonic),
      challengeBucket.take(at: now.monotonic)
    else { return reject(\.rejectedRateLimited) }
    var plaintext: [UInt8] = []
    plaintext.write(challenges.issue(handle: envelope.handle, salt: envelope.salt, now: now.monotonic))
    plaintext.write(identity.low)
    // An answer is never longer than what it answers.
    guard plaintext.count + Self.overhead <= datagramBytes else { return reject(\.rejectedUnproven) }
    counters.challengesSent += 1
    writeReply(plaintext, channel: .challenge, receiver: NodeID(high: envelope.handle, low: 0))
    return .answered
  }

  private mutating func openChallenge(
    _ datagram: UnsafeMutableRawBufferPointer, _ envelope: DatagramEnvelope, key: ClusterKey, now: Now
  ) -> Opened {
    let receiver = NodeID(high: identity.handle, low: 0)
    guard let range = unsafe decrypt(datagram, envelope, key: key, receiver: receiver), range.count == 16 else {
      return reject(\.rejectedForged)
    }
    guard echoBucket.take(at: now.monotonic) else { return reject(\.rejectedRateLimited) }
    let bytes = UnsafeRawBufferPointer(datagram)
    let token = unsafe DatagramEnvelope.read(bytes, at: range.lowerBound, count: 8)
    let challenger = NodeID(
      high: envelope.handle, low: unsafe DatagramEnvelope.read(bytes, at: range.lowerBound + 8, count: 8))
    var plaintext: [UInt8] = []
    plaintext.write(token)
    plaintext.write(identity.low)
    counters.challengesAnswered += 1
    writeReply(plaintext, channel: .echo, receiver: challenger)
    return .answered
  }

  private mutating func openEcho(
    _ datagram: UnsafeMutableRawBufferPointer, _ envelope: DatagramEnvelope, key: ClusterKey, now: Now,
    known: (UInt64) -> Peer?
  ) -> Opened {
    guard let range = unsafe decrypt(datagram, envelope, key: key, receiver: identity), range.count == 16 else {
      return reject(\.rejectedForged)
    }
    let bytes = UnsafeRawBufferPointer(datagram)
    let token = unsafe DatagramEnvelope.read(bytes, at: range.lowerBound, count: 8)
    let id = NodeID(
      high: envelope.handle, low: unsafe DatagramEnvelope.read(bytes, at: range.lowerBound + 8, count: 8))
    guard
      challenges.redeem(token: token, handle: envelope.handle, salt: envelope.salt, now: now.monotonic),
      known(envelope.handle).map({ $0.id == id }) ?? true
    else { return reject(\.rejectedUnproven) }
    let windowKey = WindowKey(handle: envelope.handle, salt: envelope.salt)
    // A window that exists is never reopened: it remembers what was seen.
    if senders[windowKey] == nil, !admit(windowKey, id: id, counter: envelope.counter) {
      return reject(\.rejectedWindowsFull)
    }
    counters.echoesAccepted += 1
    return .proved(id)
  }

  private mutating func admit(_ key: WindowKey, id: NodeID, counter: UInt64) -> Bool {
    guard senders.count < Self.windowLimit else { return false }
    var sender = Sender(id: id)
    sender.window.mark(counter)
    senders[key] = sender
    return true
  }

  private mutating func reject(_ kind: WritableKeyPath<SecurityCounters, UInt64>) -> Opened {
    counters[keyPath: kind] += 1
    return .rejected
  }

  private mutating func writeReply(_ plaintext: [UInt8], channel: DatagramEnvelope.Channel, receiver: NodeID) {
    var sealed = reply
    sealed.removeAll(keepingCapacity: true)
    sealed.append(contentsOf: repeatElement(0, count: plaintext.count + Self.overhead))
    let count = unsafe plaintext.withUnsafeBytes { input in
      unsafe sealed.withUnsafeMutableBytes { unsafe seal(input, channel: channel, for: receiver, into: $0) }
    }
    sealed.removeLast(sealed.count - count)
    reply = sealed
  }

  // MARK: The construction

  private mutating func seal(
    _ plaintext: UnsafeRawBufferPointer, channel: DatagramEnvelope.Channel, for receiver: NodeID,
    into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    guard output.count >= plaintext.count + Self.overhead, let base = output.baseAddress else { return 0 }
    // 2^64 packets under one salt are out of reach; still, a counter that would repeat draws a new salt instead.
    if counter == .max { setSalt(Sodium.randomUInt64()) }
    counter += 1
    let key = keyring.sealing
    let envelope = DatagramEnvelope(
      channel: channel, key: key.id.raw, handle: identity.handle, salt: salt, counter: counter)
    unsafe envelope.write(to: output)
    unsafe fillAssociated(from: UnsafeRawBufferPointer(output), receiver: receiver)
    let bytes = unsafe base.assumingMemoryBound(to: UInt8.self)
    let message = unsafe plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let result = unsafe key.secret.withPointer { secret in
      unsafe associated.withUnsafeBufferPointer { data in
        unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
          bytes + DatagramEnvelope.headerBytes, nil, message, UInt64(plaintext.count), data.baseAddress,
          UInt64(data.count), nil, bytes + 5, secret)
      }
    }
    return result == 0 ? plaintext.count + Self.overhead : 0
  }

  private mutating func decrypt(
    _ datagram: UnsafeMutableRawBufferPointer, _ envelope: DatagramEnvelope, key: ClusterKey, receiver: NodeID
  ) -> Range<Int>? {
    guard let base = datagram.baseAddress else { return nil }
    unsafe fillAssociated(from: UnsafeRawBufferPointer(datagram), receiver: receiver)
    let bytes = unsafe base.assumingMemoryBound(to: UInt8.self)
    let sealed = datagram.count - DatagramEnvelope.headerBytes
    let result = unsafe key.secret.withPointer { secret in
      unsafe associated.withUnsafeBufferPointer { data in
        unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
          bytes + DatagramEnvelope.headerBytes, nil, nil, bytes + DatagramEnvelope.headerBytes, UInt64(sealed),
          data.baseAddress, UInt64(data.count), bytes + 5, secret)
      }
    }
    guard result == 0 else { return nil }
    return DatagramEnvelope.headerBytes..<datagram.count - DatagramEnvelope.tagBytes
  }

  private mutating func fillAssociated(from header: UnsafeRawBufferPointer, receiver: NodeID) {
    unsafe associated.withUnsafeMutableBytes { data in
      for position in 0..<5 { unsafe data[position] = unsafe header[position] }
      unsafe DatagramEnvelope.write(receiver.high, to: data, at: 21, count: 8)
      unsafe DatagramEnvelope.write(receiver.low, to: data, at: 29, count: 8)
    }
  }
}
