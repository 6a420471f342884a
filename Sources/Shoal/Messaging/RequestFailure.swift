import ShoalCore

/// Why a request was not answered, as it travels back: one byte for the kind, then a sentence.
struct RequestFailure: Equatable {
  enum Kind: UInt8 {
    case noHandler = 1
    case handlerFailed = 2
    case notDecodable = 3
  }

  let kind: Kind
  let text: String

  /// A longer sentence is cut.
  static let textLimit = 4_096

  var bytes: [UInt8] { [kind.rawValue] + text.utf8.prefix(Self.textLimit) }

  init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  /// What a peer of a later version may say counts as a failure of its handler.
  init(bytes: [UInt8]) {
    kind = bytes.first.flatMap { Kind(rawValue: $0) } ?? .handlerFailed
    text = String(decoding: bytes.dropFirst().prefix(Self.textLimit), as: UTF8.self)
  }

  func error(from peer: NodeID) -> MessageError {
    switch kind {
    case .noHandler: MessageError(.noHandler, "node \(peer) has no handler for this: \(text)")
    case .handlerFailed: MessageError(.remoteFailure, text)
    case .notDecodable: MessageError(.notDecodable, "node \(peer) could not read the request: \(text)")
    }
  }
}
