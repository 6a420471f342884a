/// Whom a fault is about: nodes by name, or everyone.
///
/// A name in quotes is a target by itself: `.pause("node-3")`, `.crash(["node-1", "node-2"])`, `.starve(.everyone)`.
public enum Nodes: Sendable, Hashable {
  /// Every machine there is when the fault begins; for faults of the network also those that come later.
  case everyone
  case named([String])
}

extension Nodes: ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
  public init(stringLiteral name: String) { self = .named([name]) }
  public init(arrayLiteral names: String...) { self = .named(names) }
}

extension Nodes: CustomStringConvertible {
  public var description: String {
    switch self {
    case .everyone: "everyone"
    case .named(let names): names.isEmpty ? "nobody" : names.joined(separator: " ")
    }
  }
}
