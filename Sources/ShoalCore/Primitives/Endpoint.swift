/// Where a process listens: an IPv4 or IPv6 address and one port number, which serves UDP and TCP alike.
public struct Endpoint: Hashable, Sendable, BitwiseCopyable {
  public enum Family: UInt8, Sendable, BitwiseCopyable {
    case v4 = 4
    case v6 = 6
  }

  public let family: Family
  /// The address, most significant bits first. For IPv4 only the low 32 bits of `low` are used.
  package let high: UInt64
  package let low: UInt64
  public let port: UInt16

  /// An IPv6 address from its two halves.
  package init(v6High: UInt64, low: UInt64, port: UInt16) {
    family = .v6
    high = v6High
    self.low = low
    self.port = port
  }

  /// An IPv4 address from its 32 bits, most significant first: 127.0.0.1 is `0x7F000001`.
  public init(v4 address: UInt32, port: UInt16) {
    family = .v4
    high = 0
    low = UInt64(address)
    self.port = port
  }

  public func with(port: UInt16) -> Endpoint {
    family == .v4
      ? Endpoint(v4: UInt32(truncatingIfNeeded: low), port: port) : Endpoint(v6High: high, low: low, port: port)
  }

  /// True for 0.0.0.0 and ::, which a node can bind to but nobody can reach.
  public var isUnspecified: Bool { high == 0 && low == 0 }

  /// True for 127.0.0.0/8 and ::1.
  public var isLoopback: Bool {
    family == .v4 ? low >> 24 == 127 : high == 0 && low == 1
  }

  /// The eight 16-bit groups of an IPv6 address.
  private func group(_ index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index % 4)))
  }
}

extension Endpoint: CustomStringConvertible {
  /// `10.0.0.5:7946` or `[fe80::1]:7946`.
  public var description: String { "\(host):\(port)" }

  /// The address alone, in brackets for IPv6.
  public var host: String {
    switch family {
    case .v4: (0..<4).map { String((low >> UInt64(24 - 8 * $0)) & 0xFF) }.joined(separator: ".")
    case .v6: "[" + compressedGroups + "]"
    }
  }

  /// The canonical text of RFC 5952 §4: the first of the longest runs of zero groups, when it is longer than one, becomes `::`.
  private var compressedGroups: String {
    var longest = 0..<0
    var start = 0
    for index in 0...8 where index == 8 || group(index) != 0 {
      if index - start > max(1, longest.count) { longest = start..<index }
      start = index + 1
    }
    func text(_ range: Range<Int>) -> String { range.map { String(group($0), radix: 16) }.joined(separator: ":") }
    return longest.isEmpty ? text(0..<8) : text(0..<longest.lowerBound) + "::" + text(longest.upperBound..<8)
  }

  /// Parses `1.2.3.4:5` or `[1:2::3]:5`; a hostname is not an endpoint and gives nil.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    self.init(address: String(text[..<colon]), port: port)
  }

  /// Parses an address literal, IPv6 with or without brackets.
  public init?(address: String, port: UInt16) {
    if let v4 = Self.parseV4(address) {
      self.init(v4: v4, port: port)
      return
    }
    var literal = Substring(address)
    if literal.first == "[", literal.last == "]" { literal = literal.dropFirst().dropLast() }
    guard let groups = Self.parseV6(literal) else { return nil }
    let high = groups[0..<4].reduce(0) { $0 << 16 | UInt64($1) }
    let low = groups[4..<8].reduce(0) { $0 << 16 | UInt64($1) }
    self.init(v6High: high, low: low, port: port)
  }

  private static func parseV4(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var address: UInt32 = 0
    for part in parts {
      guard part.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let octet = UInt8(part) else { return nil }
      address = address << 8 | UInt32(octet)
    }
    return address
  }

  private static func parseV6(_ text: Substring) -> [UInt16]? {
    let halves = text.components(around: "::")
    guard halves.count <= 2, let first = parseGroups(halves[0]) else { return nil }
    guard halves.count == 2 else { return first.count == 8 ? first : nil }
    guard let second = parseGroups(halves[1]), first.count + second.count < 8 else { return nil }
    return first + Array(repeating: 0, count: 8 - first.count - second.count) + second
  }

  private static func parseGroups(_ text: Substring) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    var groups: [UInt16] = []
    for part in text.split(separator: ":", omittingEmptySubsequences: false) {
      guard (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16) else { return nil }
      groups.append(group)
    }
    return groups.count <= 8 ? groups : nil
  }
}

extension Substring {
  /// The pieces around every occurrence of a separator; standard library only.
  fileprivate func components(around separator: String) -> [Substring] {
    var pieces: [Substring] = []
    var rest = self
    while let found = rest.firstRange(of: separator) {
      pieces.append(rest[..<found.lowerBound])
      rest = rest[found.upperBound...]
    }
    pieces.append(rest)
    return pieces
  }
}
