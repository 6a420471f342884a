package import ShoalCore

/// Cuts links between nodes without touching the machine's network. Tell both ends: a node drops what it would send.
package final class LinkFilter: Sendable {
  private let blocked: Set<Endpoint>

  package init(blocking endpoints: Set<Endpoint>) { blocked = endpoints }

  func blocks(_ endpoint: Endpoint) -> Bool { blocked.contains(endpoint) }
}
