import EngineWorkload
import ShoalCore
import ShoalSecurity

extension MicroOperation {
  /// How many other members the engine's steps are measured among.
  static let sizes = [100, 1_000, 10_000]

  /// The operations by name, each made only when it is asked for: an engine among 10,000 takes a moment.
  package static var all: [(name: String, make: () throws -> MicroOperation)] {
    [
      ("decode_ping", { decode("decode_ping", "decode a ping", carrying: 0) }),
      ("decode_news", { decode("decode_news", "decode a ping with 4 records", carrying: 4) }),
      ("encode_ping", { encode("encode_ping", "encode a ping", carrying: 0) }),
      ("encode_news", { encode("encode_news", "encode a ping with 4 records", carrying: 4) }),
      ("seal", seal), ("open", { try open("open", "open a ping", isForged: false) }),
      ("reject_forgery", { try open("reject_forgery", "reject a forgery", isForged: true) }),
    ]
      + sizes.map { size in ("engine_step_\(size)", { try engineStep(among: size) }) }
  }

  private static let crowd = Crowd(count: 64)

  private static func ping(carrying count: Int) -> (header: DatagramHeader, news: [Update]) {
    let header = DatagramHeader(type: .ping, sequence: 1, age: 255, fingerprint: 2, coordinationFingerprint: 3)
    return (header, crowd.members.prefix(count).map { .alive($0) })
  }

  private static func write(_ header: DatagramHeader, _ news: [Update], to bytes: inout [UInt8]) {
    header.write(to: &bytes)
    for update in news { bytes.writeField(FieldTag.update) { update.write(to: &$0) } }
  }

  private static func decode(_ name: String, _ title: String, carrying count: Int) -> MicroOperation {
    let (header, news) = ping(carrying: count)
    var bytes: [UInt8] = []
    write(header, news, to: &bytes)
    var successes = 0
    return MicroOperation(name: name, title: title, prepare: { _ in }) { _ in
      var reader = ByteReader(bytes.rawSpan)
      do throws(WireError) {
        guard try DatagramHeader(from: &reader) == header else { return }
        var found = 0
        while let field = try reader.nextField() {
          guard case .alive = try Update(from: field.bytes) else { return }
          found += 1
        }
        if found == count { successes += 1 }
      } catch {}
    } successes: {
      successes
    }
  }

  private static func encode(_ name: String, _ title: String, carrying count: Int) -> MicroOperation {
    let (header, news) = ping(carrying: count)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(PacketStore.longestPlaintext)
    var successes = 0
    return MicroOperation(name: name, title: title, prepare: { _ in }) { _ in
      bytes.removeAll(keepingCapacity: true)
      write(header, news, to: &bytes)
      if bytes.count >= DatagramHeader.byteCount { successes += 1 }
    } successes: {
      successes
    }
  }

  private static func seal() throws -> MicroOperation {
    let key = try ClusterKey.generate()
    let sealer = MicroSealer(crowd.seed, key: key)
    let receiver = crowd.newcomer.id
    var bytes: [UInt8] = []
    write(ping(carrying: 0).header, [], to: &bytes)
    var output = [UInt8](repeating: 0, count: bytes.count + SealedDatagram.overhead)
    var successes = 0
    return MicroOperation(name: "seal", title: "seal a ping", prepare: { _ in }) { _ in
      if sealer.seal(bytes.rawSpan, for: receiver, into: &output) == output.count { successes += 1 }
    } successes: {
      successes
    }
  }

  private static func open(_ name: String, _ title: String, isForged: Bool) throws -> MicroOperation {
    let key = try ClusterKey.generate()
    let sender = MicroSealer(crowd.seed, key: key)
    let receiver = MicroSealer(crowd.newcomer, key: key)
    let peer = Peer(id: crowd.seed.id, salt: crowd.seed.salt, isLiving: true, isNeverForgotten: true)
    var plaintext: [UInt8] = []
    write(ping(carrying: 0).header, [], to: &plaintext)
    var packets = PacketStore()
    var successes = 0
    return MicroOperation(name: name, title: title) { steps in
      packets.removeAll()
      for _ in 0..<steps {
        packets.append { sender.seal(plaintext.rawSpan, for: crowd.newcomer.id, into: &$0) }
        if isForged { packets.damageLast() }
      }
    } step: { step in
      let opened = unsafe packets.withPacket(step) { unsafe receiver.open($0, known: { _ in peer }) }
      if (opened == nil) == isForged { successes += 1 }
    } successes: {
      successes
    }
  }

  /// A sealed ping comes, from another member each time; a sealed ack goes.
  private static func engineStep(among size: Int) throws -> MicroOperation {
    let key = try ClusterKey.generate()
    let subject = Subject(crowd: Crowd(count: size), interner: nil)
    subject.join()
    let receiver = MicroSealer(subject.crowd.newcomer, key: key)
    let senders = subject.crowd.members.map { MicroSealer($0, key: key) }
    let bytes = subject.datagram(.ping)
    var packets = PacketStore()
    var output = [UInt8](repeating: 0, count: PacketStore.longestPlaintext + SealedDatagram.overhead)
    var successes = 0
    var next = 0
    func prepare(_ steps: Int) {
      packets.removeAll()
      for _ in 0..<steps {
        // Everybody in turn, in an order that no cache foresees: the number is prime, and divides no size.
        let sender = senders[next &* 7_919 % size]
        next += 1
        packets.append { sender.seal(bytes.rawSpan, for: subject.crowd.newcomer.id, into: &$0) }
      }
    }
    func step(_ place: Int) {
      unsafe packets.withPacket(place) { packet in
        guard let (sender, range) = unsafe receiver.open(packet, known: { subject.engine.peer(handle: $0) }) else {
          return
        }
        let plaintext = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: packet[range]))
        subject.exchange(plaintext, from: sender) { outbox, transmit in
          outbox.withBytes(transmit.range) { ack in
            if receiver.seal(ack, for: transmit.receiver, into: &output) > 0 { successes += 1 }
          }
        }
      }
    }
    // Each sender's replay window is opened at its first packet.
    prepare(size)
    for place in 0..<size { step(place) }
    return MicroOperation(
      name: "engine_step_\(size)", title: "sealed ping in, sealed ack out, N = \(size)", prepare: prepare, step: step,
      successes: { successes })
  }
}
