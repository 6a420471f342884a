/// The publications of one publisher as they come in, over whatever paths: puts them in order, drops what came before, and tells what is
/// missing.
struct Series {
  /// One that is handed over.
  struct Next {
    let publication: Publication
    /// How many of this publisher's before it never came.
    let missed: UInt64
  }

  enum Taken {
    /// It, or what it has led to, was handed over.
    case inOrder
    /// Others have to come first.
    case early
    /// It was here before, or is not awaited any more.
    case late
  }

  /// The number that is awaited.
  private(set) var next: UInt64
  /// What came early, by number. Looked up, and searched for its least number when something is given up.
  private var early: [UInt64: Publication] = [:]
  private(set) var earlyCost = 0
  /// What was missed since the last one that was handed over.
  private var missed: UInt64 = 0

  init(first: UInt64) { next = first }

  var isWaiting: Bool { !early.isEmpty }

  mutating func take(_ publication: Publication, first: UInt64, into ready: inout [Next]) -> Taken {
    skip(to: first, into: &ready)
    guard publication.key.number >= next else { return .late }
    guard publication.key.number > next else {
      hand(over: publication, into: &ready)
      drain(into: &ready)
      return .inOrder
    }
    guard early.updateValue(publication, forKey: publication.key.number) == nil else { return .late }
    earlyCost += Self.cost(of: publication)
    return .early
  }

  /// Nothing below `first` comes any more, but what is here already.
  mutating func skip(to first: UInt64, into ready: inout [Next]) {
    guard next < first else { return }
    for number in early.keys.filter({ $0 < first }).sorted() { jump(to: number, into: &ready) }
    jump(to: first, into: &ready)
  }

  /// What is missing before what came early is given up.
  mutating func skipGap(into ready: inout [Next]) {
    if let nearest = early.keys.min() { jump(to: nearest, into: &ready) }
  }

  private mutating func jump(to number: UInt64, into ready: inout [Next]) {
    guard next < number else { return }
    missed += number - next
    next = number
    drain(into: &ready)
  }

  private mutating func drain(into ready: inout [Next]) {
    while let publication = early.removeValue(forKey: next) {
      earlyCost -= Self.cost(of: publication)
      hand(over: publication, into: &ready)
    }
  }

  private mutating func hand(over publication: Publication, into ready: inout [Next]) {
    ready.append(Next(publication: publication, missed: missed))
    missed = 0
    next = publication.key.number + 1
  }

  static func cost(of publication: Publication) -> Int {
    ChunkLimits.overhead + publication.payload.count + 24 * publication.dependencies.count
  }
}
