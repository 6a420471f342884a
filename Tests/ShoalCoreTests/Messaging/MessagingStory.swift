import ShoalCore

/// A story of faults that a seed draws, played on a few messengers to its end.
struct MessagingStory {
  let seed: UInt64
  var planted: MessagingBug?
  /// How long faults go on.
  var length = Nanoseconds.seconds(20)

  /// Plays it, heals everything, and waits until all has come to rest.
  func play() -> MessagingWorld {
    var draw = PRNG(seed: StableHash.combine(seed, 77))
    var configuration = MessagingConfiguration()
    configuration.outboxLimit = 65_536 << draw.below(6)
    configuration.receiveLimit = 65_536 << draw.below(4)
    configuration.keepAliveTimeout = .milliseconds(500 + 500 * draw.below(6))
    configuration.idleTimeout = .milliseconds(1_000 + 1_000 * draw.below(10))
    let world = MessagingWorld(seed: seed, nodes: 2 + draw.below(3), configuration: configuration, planted: planted)
    world.slowest = [.milliseconds(1), .milliseconds(20), .milliseconds(150)][draw.below(3)]
    schedule(world, &draw)
    world.run(for: length)
    heal(world)
    world.run(for: .seconds(120))
    world.ledger.close()
    return world
  }

  private func schedule(_ world: MessagingWorld, _ draw: inout PRNG) {
    let sends = 100 + draw.below(300)
    for _ in 0..<sends {
      let instant = draw.jitter(length)
      let burst = draw.below(4) == 0 ? 1 + draw.below(30) : 1
      let shape = draw.next()
      world.after(instant) { sendBurst(burst, shape: shape, in: world) }
    }
    for _ in 0..<draw.below(25) {
      let kind = draw.below(8)
      let shape = draw.next()
      world.after(draw.jitter(length)) { fault(kind, shape: shape, in: world) }
    }
  }

  private func sendBurst(_ count: Int, shape: UInt64, in world: MessagingWorld) {
    var draw = PRNG(seed: shape)
    guard let (sender, receiver) = pair(in: world, &draw) else { return }
    // Now and then both begin at once, so that their dials cross.
    let isMutual = draw.below(3) == 0
    for _ in 0..<count {
      let bytes = [draw.below(64), draw.below(1_500), draw.below(60_000), draw.below(400_000)][
        min(draw.below(10), draw.below(4))]
      let lane = [MessageLane.bulk, .replies, .messages, .messages][draw.below(4)]
      world.send(from: sender, to: receiver, bytes: bytes, lane: lane, isPressing: draw.below(2) == 0)
      if isMutual { world.send(from: receiver, to: sender, bytes: draw.below(200), lane: lane) }
    }
  }

  private func fault(_ kind: Int, shape: UInt64, in world: MessagingWorld) {
    var draw = PRNG(seed: shape)
    guard let (first, second) = pair(in: world, &draw) else { return }
    switch kind {
    case 0...2:
      let links = world.openLinks
      if !links.isEmpty { world.breakLink(links[draw.below(links.count)]) }
    case 3:
      let links = world.openLinks
      if !links.isEmpty { world.swallow(links[draw.below(links.count)]) }
    case 4: world.falselyBury(first, at: second, for: draw.jitter(.seconds(4)))
    case 5:
      world.falselyBury(first, at: second, for: draw.jitter(.seconds(4)))
      world.falselyBury(second, at: first, for: draw.jitter(.seconds(4)))
    case 6: world.split(first, second, bothWays: draw.below(2) == 0, for: draw.jitter(.seconds(6)))
    default: world.restart(first)
    }
  }

  private func pair(in world: MessagingWorld, _ draw: inout PRNG) -> (MessagingNode, MessagingNode)? {
    let living = world.nodes.filter(\.isAlive)
    guard living.count > 1 else { return nil }
    let first = draw.below(living.count)
    let second = (first + 1 + draw.below(living.count - 1)) % living.count
    return (living[first], living[second])
  }

  /// Every living process holds every living one living, and nothing is cut any more.
  private func heal(_ world: MessagingWorld) {
    for observer in world.nodes where observer.isAlive {
      for subject in world.nodes where subject !== observer {
        if subject.isAlive {
          world.holdLiving(subject, at: observer)
        } else {
          world.holdGone(subject, at: observer)
        }
      }
    }
  }
}
