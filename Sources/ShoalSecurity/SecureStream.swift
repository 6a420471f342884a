package import ShoalCore

/// One TCP connection's handshake and frames, without a socket: bytes in, bytes and events out.
///
/// ```
/// initiator ── "SHOL" version keyID ‖ length, Noise message 1 {own NodeID, expected NodeID} ──▶ responder
/// initiator ◀──────────────── status 0 ‖ length, Noise message 2 {own NodeID, peer's NodeID} ── responder
/// initiator ── length, empty transport message ───────────────────────────────────────────────▶ responder
///                                 both: length, transport message: one frame each
/// ```
/// The responder acts on nothing before the third message has opened: the first, which may be a recording, shows that
/// somebody held the key at some time, the third that the initiator is there now. A status other than 0 is a refusal in
/// clear, a hint for a person. Lengths are two bytes. Each direction changes its key every `rekeyInterval` messages.
package struct SecureStream: ~Copyable {
  package enum StreamEvent: Sendable, Equatable {
    /// Both sides have proved themselves.
    case opened(NodeID)
    /// One frame of the peer's.
    case frame([UInt8])
    /// The stream is over: send what is left to be sent, then close.
    case failed(StreamFailure)
  }

  /// The same, for whoever looks at a frame where it stands.
  package enum Arrival: Sendable, Equatable {
    case opened(NodeID)
    /// One frame of the peer's; `withFrame` lends it until more is asked for.
    case frame
    case failed(StreamFailure)
  }

  /// Before authentication no message is longer than this.
  package static let handshakeMessageLimit = 256
  package static let rekeyInterval: UInt64 = 1 << 16
  /// What sealing adds to a frame: its length and a tag. Bytes.
  package static let overhead = lengthBytes + NoiseCipher.tagBytes
  private static let lengthBytes = 2
  private static let magic: [UInt8] = Array("SHOL".utf8)
  private static let version: UInt8 = 1
  private static let preambleBytes = 9

  private enum Phase {
    case awaitingPreamble
    case awaitingStatus
    case awaitingFirst
    case awaitingSecond
    case awaitingConfirmation
    case open
    case over
  }

  private let identity: NodeID
  private let expected: NodeID
  /// The initiator names its first key; the responder takes any of its own.
  private let keyring: Keyring
  private let clusterID: String
  private let ephemeral: [UInt8]?
  private var phase: Phase
  private var handshake: NoiseHandshake?
  private var sending: NoiseCipher?
  private var receiving: NoiseCipher?
  package private(set) var peer = NodeID.unknown
  private var inbox: [UInt8] = []
  private var consumed = 0
  /// Where in the inbox the plaintext of the last frame stands.
  private var frame = 0..<0

  /// The side that dialled. Call `start` next.
  ///
  /// - Parameters:
  ///   - expected: whom it must be; `.unknown` for any holder of the key.
  ///   - ephemeral: the handshake's secret, for simulations only; drawn from the system otherwise.
  package init(
    initiator identity: NodeID, expecting expected: NodeID, key: ClusterKey, clusterID: String,
    ephemeral: [UInt8]? = nil
  ) {
    self.ephemeral = ephemeral
    self.identity = identity
    self.expected = expected
    keyring = Keyring(key)
    self.clusterID = clusterID
    phase = .awaitingStatus
  }

  /// The side that accepted.
  package init(responder identity: NodeID, key: ClusterKey, clusterID: String, ephemeral: [UInt8]? = nil) {
    self.init(responder: identity, keyring: Keyring(key), clusterID: clusterID, ephemeral: ephemeral)
  }

  /// The side that accepted, with any of several keys: the initiator says which.
  package init(responder identity: NodeID, keyring: Keyring, clusterID: String, ephemeral: [UInt8]? = nil) {
    self.ephemeral = ephemeral
    self.identity = identity
    expected = .unknown
    self.keyring = keyring
    self.clusterID = clusterID
    phase = .awaitingPreamble
  }

  package var isOpen: Bool { if case .open = phase { true } else { false } }
  /// Bytes that wait for the rest of their message.
  package var bufferedBytes: Int { inbox.count - consumed }

  /// Writes the initiator's opening.
  package mutating func start(into output: inout [UInt8]) {
    let preamble = Self.preamble(keyring.sealing)
    var handshake = Self.handshake(.initiator, preamble, clusterID, key: keyring.sealing, ephemeral)
    var payload: [UInt8] = []
    payload.write(identity)
    payload.write(expected)
    output.append(contentsOf: preamble)
    Self.append(handshake.writeFirst(payload: payload), to: &output)
    self.handshake = consume handshake
  }

  /// Takes in bytes from the connection, however they were cut. Ask for `next` until there is nothing.
  package mutating func append(_ bytes: RawSpan) {
    if case .over = phase { return }
    unsafe bytes.withUnsafeBytes { unsafe inbox.append(contentsOf: $0) }
  }

  /// What the bytes amount to, one thing after the other; nil when more have to come. After `.failed` nothing more is taken in.
  ///
  /// - Parameter output: what is to be sent is appended; send it before anything else is done.
  package mutating func next(output: inout [UInt8]) -> Arrival? {
    var arrival: Arrival?
    while arrival == nil, step(output: &output, arrival: &arrival) {}
    if arrival == nil, consumed > 0 {
      inbox.removeFirst(consumed)
      consumed = 0
      frame = 0..<0
    }
    return arrival
  }

  /// Lends the frame that `next` has told of last.
  package func withFrame<Result>(_ body: (RawSpan) -> Result) -> Result { body(inbox.rawSpan.extracting(frame)) }

  /// Takes in bytes and tells at once all that they amount to, each frame as bytes of its own.
  ///
  /// - Parameters:
  ///   - output: what is to be sent is appended.
  ///   - events: what happened is appended; after `.failed` nothing more is taken in.
  package mutating func receive(_ bytes: RawSpan, output: inout [UInt8], events: inout [StreamEvent]) {
    append(bytes)
    while let arrival = next(output: &output) {
      switch arrival {
      case .opened(let peer): events.append(.opened(peer))
      case .frame: events.append(.frame(Array(inbox[frame])))
      case .failed(let failure): events.append(.failed(failure))
      }
    }
  }

  /// Seals one frame, at most `StreamLimits.frameBytes` long. False when the stream is not open or the frame too long.
  package mutating func write(_ frame: RawSpan, into output: inout [UInt8]) -> Bool {
    guard isOpen, frame.byteCount <= StreamLimits.frameBytes else { return false }
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: frame.byteCount + Self.overhead))
    let isSealed = Self.seal(frame, with: &sending, at: start, of: &output)
    if !isSealed { output.removeLast(output.count - start) }
    return isSealed
  }

  /// Seals one frame straight into the caller's memory, which holds it and `overhead` more.
  ///
  /// - Returns: how many bytes were written; 0 when the stream is not open, the frame too long or the memory too short.
  package mutating func write(_ frame: RawSpan, into output: UnsafeMutableRawBufferPointer) -> Int {
    guard isOpen, frame.byteCount <= StreamLimits.frameBytes else { return 0 }
    return unsafe Self.seal(frame, with: &sending, into: output)
  }

  // MARK: Steps

  /// Handles one message if it is complete.
  private mutating func step(output: inout [UInt8], arrival: inout Arrival?) -> Bool {
    switch phase {
    case .awaitingPreamble: return takePreamble(output: &output, arrival: &arrival)
    case .awaitingStatus: return takeStatus(arrival: &arrival)
    case .awaitingFirst:
      guard let message = takeMessage(limit: Self.handshakeMessageLimit, arrival: &arrival) else { return false }
      return takeFirst(message, output: &output, arrival: &arrival)
    case .awaitingSecond:
      guard let message = takeMessage(limit: Self.handshakeMessageLimit, arrival: &arrival) else { return false }
      return takeSecond(message, output: &output, arrival: &arrival)
    case .awaitingConfirmation:
      guard let message = takeMessage(limit: Self.handshakeMessageLimit, arrival: &arrival) else { return false }
      guard receiving?.decrypt(message, associated: [])?.isEmpty == true else {
        return fail(.reset, arrival: &arrival)
      }
      phase = .open
      arrival = .opened(peer)
      return true
    case .open:
      guard let range = takeRange(limit: .max, arrival: &arrival) else { return false }
      guard let length = Self.open(range, of: &inbox, with: &receiving) else {
        return fail(.reset, arrival: &arrival)
      }
      frame = range.lowerBound..<range.lowerBound + length
      arrival = .frame
      return true
    case .over: return false
    }
  }

  private mutating func takePreamble(output: inout [UInt8], arrival: inout Arrival?) -> Bool {
    guard bufferedBytes >= Self.preambleBytes else {
      // Whoever speaks another protocol is not kept waiting.
      let isPrefix = zip(inbox[consumed...], Self.magic).allSatisfy { $0 == $1 }
      return isPrefix ? false : fail(.reset, arrival: &arrival)
    }
    let preamble = Array(inbox[consumed..<consumed + Self.preambleBytes])
    consumed += Self.preambleBytes
    guard preamble.starts(with: Self.magic) else { return fail(.reset, arrival: &arrival) }
    guard preamble[4] == Self.version else {
      output.append(StreamStatus.noCommonVersion)
      return fail(.noCommonVersion, arrival: &arrival)
    }
    let keyID = preamble[5...].reduce(0) { $0 << 8 | UInt32($1) }
    guard let key = keyring.key(keyID) else {
      output.append(StreamStatus.unknownKey)
      return fail(.unknownKey, arrival: &arrival)
    }
    handshake = Self.handshake(.responder, preamble, clusterID, key: key, ephemeral)
    phase = .awaitingFirst
    return true
  }

  private mutating func takeFirst(
    _ message: [UInt8], output: inout [UInt8], arrival: inout Arrival?
  ) -> Bool {
    guard let payload = handshake?.readFirst(message), let ids = Self.identities(payload) else {
      output.append(StreamStatus.handshakeFailed)
      return fail(.wrongCluster, arrival: &arrival)
    }
    guard ids.expected == .unknown || ids.expected == identity else {
      output.append(StreamStatus.wrongPeer)
      return fail(.wrongPeer, arrival: &arrival)
    }
    var answer: [UInt8] = []
    answer.write(identity)
    answer.write(ids.own)
    guard let second = handshake?.writeSecond(payload: answer) else {
      output.append(StreamStatus.handshakeFailed)
      return fail(.reset, arrival: &arrival)
    }
    output.append(StreamStatus.accepted)
    Self.append(second, to: &output)
    peer = ids.own
    split()
    phase = .awaitingConfirmation
    return true
  }

  private mutating func takeStatus(arrival: inout Arrival?) -> Bool {
    guard bufferedBytes >= 1 else { return false }
    let status = inbox[consumed]
    consumed += 1
    guard status == StreamStatus.accepted else { return fail(StreamStatus.failure(status), arrival: &arrival) }
    phase = .awaitingSecond
    return true
  }

  private mutating func takeSecond(
    _ message: [UInt8], output: inout [UInt8], arrival: inout Arrival?
  ) -> Bool {
    guard let payload = handshake?.readSecond(message), let ids = Self.identities(payload) else {
      return fail(.reset, arrival: &arrival)
    }
    guard ids.expected == identity, expected == .unknown || expected == ids.own else {
      return fail(.wrongPeer, arrival: &arrival)
    }
    peer = ids.own
    split()
    phase = .open
    let confirmation: [UInt8] = []
    _ = write(confirmation.rawSpan, into: &output)
    arrival = .opened(peer)
    return true
  }

  private mutating func split() {
    guard let keys = handshake?.split() else { return }
    sending = NoiseCipher(key: keys.sending)
    receiving = NoiseCipher(key: keys.receiving)
    handshake = nil
  }

  // MARK: Messages

  private static func seal(
    _ frame: RawSpan, with cipher: inout NoiseCipher?, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    guard output.count >= frame.byteCount + overhead else { return 0 }
    let body = unsafe UnsafeMutableRawBufferPointer(rebasing: output[lengthBytes...])
    guard let length = unsafe cipher?.seal(frame, into: body) else { return 0 }
    unsafe output.storeBytes(of: UInt16(length).bigEndian, as: UInt16.self)
    rekeyIfDue(&cipher)
    return lengthBytes + length
  }

  private static func seal(
    _ frame: RawSpan, with cipher: inout NoiseCipher?, at start: Int, of output: inout [UInt8]
  ) -> Bool {
    unsafe output.withUnsafeMutableBytes { bytes in
      unsafe seal(frame, with: &cipher, into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...])) > 0
    }
  }

  /// Opens a message in its place, and tells how long its plaintext is; nil when it is not authentic.
  private static func open(_ range: Range<Int>, of inbox: inout [UInt8], with cipher: inout NoiseCipher?) -> Int? {
    let length = unsafe inbox.withUnsafeMutableBytes { bytes in
      unsafe cipher?.open(UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
    }
    if length != nil { rekeyIfDue(&cipher) }
    return length
  }

  private static func rekeyIfDue(_ cipher: inout NoiseCipher?) {
    if let count = cipher?.count, count % rekeyInterval == 0 { cipher?.rekey() }
  }

  /// The next message of the handshake, once all of it is there.
  private mutating func takeMessage(limit: Int, arrival: inout Arrival?) -> [UInt8]? {
    takeRange(limit: limit, arrival: &arrival).map { Array(inbox[$0]) }
  }

  /// Where the next message stands, once all of it is there. A length over the limit ends the stream at once.
  private mutating func takeRange(limit: Int, arrival: inout Arrival?) -> Range<Int>? {
    guard bufferedBytes >= Self.lengthBytes else { return nil }
    let length = Int(inbox[consumed]) << 8 | Int(inbox[consumed + 1])
    guard length <= limit, length >= NoiseCipher.tagBytes else {
      _ = fail(.reset, arrival: &arrival)
      return nil
    }
    guard bufferedBytes >= Self.lengthBytes + length else { return nil }
    let start = consumed + Self.lengthBytes
    consumed = start + length
    return start..<consumed
  }

  private mutating func fail(_ failure: StreamFailure, arrival: inout Arrival?) -> Bool {
    phase = .over
    handshake = nil
    sending = nil
    receiving = nil
    inbox.removeAll()
    consumed = 0
    frame = 0..<0
    arrival = .failed(failure)
    return false
  }

  private static func append(_ message: [UInt8], to output: inout [UInt8]) {
    output.write(UInt16(message.count))
    output.append(contentsOf: message)
  }

  private static func preamble(_ key: ClusterKey) -> [UInt8] {
    var preamble = magic
    preamble.write(version)
    preamble.write(key.id.raw)
    return preamble
  }

  private static func handshake(
    _ role: NoiseHandshake.Role, _ preamble: [UInt8], _ clusterID: String, key: ClusterKey,
    _ ephemeral: [UInt8]?
  ) -> NoiseHandshake {
    let preSharedKey = unsafe key.secret.withPointer { pointer in
      unsafe WipedBytes(Array(UnsafeBufferPointer(start: pointer, count: SecretBytes.count)))
    }
    return NoiseHandshake(
      role: role, prologue: preamble + Array(clusterID.utf8), preSharedKey: preSharedKey.bytes,
      ephemeral: ephemeral)
  }

  private static func identities(_ payload: [UInt8]) -> (own: NodeID, expected: NodeID)? {
    guard payload.count == 32 else { return nil }
    var reader = ByteReader(payload.rawSpan)
    guard let own = try? reader.readNodeID(), let expected = try? reader.readNodeID(), own != .unknown else {
      return nil
    }
    return (own, expected)
  }
}
