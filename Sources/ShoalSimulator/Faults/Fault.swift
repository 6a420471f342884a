/// Something that goes wrong, as a value: to whom, and how badly.
///
/// When it happens is said by `ScheduledFault`. Faults compose: any number may be active at once, on the same nodes and links.
public enum Fault: Sendable, Hashable {
  // MARK: Moments in the life of a process

  /// The process is killed. Its machine refuses connections to it.
  case crash(Nodes)
  /// The whole machine goes: nothing answers.
  case cutPower(Nodes)
  /// The process is killed, if it still runs, and started again under its name with a new `NodeID`.
  case restart(Nodes, Restart = .fresh)
  /// The process is killed, if it still runs, and another build is started at its address: clusters are upgraded node by node. What is
  /// started there later is of that build too.
  case upgrade(Nodes, to: Build)
  /// Nodes that do not run start at once and join through `seeds`.
  case join(Nodes, through: [String])
  /// Nodes say goodbye and stop, all at once.
  case leave(Nodes)
  /// Each node changes its record: news for everybody.
  case changeTags(Nodes)
  /// Each node gets other metadata of so many bytes: news for everybody, and bytes to be pulled.
  case changeMetadata(Nodes, bytes: Int)
  /// Each node seals under a new salt from now on.
  case renewSalt(Nodes)
  /// The wall clock jumps, forwards or backwards. The monotonic clock goes on.
  case jumpWallClock(Nodes, by: Duration)

  // MARK: Moments in which an operator does something

  /// Nodes are taken out of coordination; whoever reigns among them has so long at most to get its tokens back.
  case drain(Nodes, timeout: Duration)
  case undrain(Nodes)
  /// Whoever of these coordinates ends its reign.
  case abdicate(Nodes)
  /// Each of these is asked for a new reign.
  case elect(Nodes)
  /// One node removes others for good. Fewer than half of all nodes are evicted in a story.
  case evict(Nodes, by: String)

  // MARK: Spans in the life of a process

  /// As SIGSTOP: the kernel still accepts connections and queues datagrams; what has come is read at the end.
  case pause(Nodes)
  /// As a virtual machine that is stopped: nothing answers, and datagrams are lost.
  case freeze(Nodes)
  /// Lifeguard's anomaly: timers run, but sends and receives are blocked, and done at the end.
  case blockIO(Nodes)
  /// Nothing is received until the end; timers run and sends leave.
  case starve(Nodes)
  /// The receive buffers of these machines hold only so many bytes, as the kernel counts them, for a process that does not read.
  case smallBuffers(Nodes, bytes: Int)
  /// Every event is handled so much later than it should be.
  case slow(Nodes, by: Duration)
  /// The clocks run fast, or slow when negative: by so many millionths. Computers stay within ±50,000 (5 %).
  case clockRate(Nodes, perMillion: Int)

  // MARK: Datagrams

  /// A share of the datagrams vanishes, each by itself. Segments of streams are sent again: a SYN after 1 s, data after 200 ms.
  case loss(Links, percent: Int)
  /// Loss in bursts (Gilbert 1960): while a way is bad, everything on it is lost. `percent` are lost in all, in bursts of `length`
  /// packets on average.
  case bursts(Links, percent: Int, length: Int)
  /// A share arrives twice.
  case duplicates(Links, percent: Int)
  /// A share is overtaken by what is sent up to `within` later.
  case reorder(Links, percent: Int, within: Duration)
  /// A share is late by `by`.
  case spikes(Links, percent: Int, by: Duration)
  /// A share arrives with one bit turned.
  case corruption(Links, percent: Int)
  /// A share arrives cut off somewhere.
  case truncation(Links, percent: Int)
  /// Datagrams longer than this, sealed, vanish: a hole in the path's MTU.
  case sizeLimit(Links, bytes: Int)
  /// Somebody records a share and sends it again up to `within` later, to the same node or to any other.
  case replay(Links, percent: Int, within: Duration, elsewhere: Bool)
  /// Somebody without the key sends so many made-up datagrams a second to each of these: random bytes, and packets sealed under
  /// another key, for another cluster, and with a foreign name.
  case forge(Nodes, perSecond: Int)

  // MARK: Keys

  /// A new key comes: everybody accepts it, and these nodes seal with it at once. At the end everybody seals with it, and what came
  /// before it is removed shortly after. Operators do so by hand, so a split does not stop them.
  case rotateKeys(Nodes)

  // MARK: Splits

  /// Groups that no longer hear each other; whoever is in none is a group too.
  case split([[String]])
  /// Nothing gets through: one way, both ways, or between two of three, as the links say.
  case cut(Links)
  /// Nothing gets through for `down`, then everything for `up`, and so on.
  case flap(Links, down: Duration, up: Duration)

  // MARK: Streams

  /// Connections are refused although the process runs.
  case refuseStreams(Links)
  /// Connections break: at once those that are there, later ones at their first byte.
  case resetStreams(Links)
  /// What is sent on connections vanishes, and neither end hears of it.
  case halfOpenStreams(Links)
  /// Connections stand still until the end.
  case stallStreams(Links)

  /// How a process comes back under its name.
  public enum Restart: Sendable, Hashable, CaseIterable {
    /// At its old address, through whoever is a member now.
    case fresh
    /// At its old address, with the seeds it was first started with.
    case stale
    /// On another machine, under another address.
    case elsewhere
  }
}
