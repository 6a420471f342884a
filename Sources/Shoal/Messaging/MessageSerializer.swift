#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Makes values into bytes and back. All nodes of a mesh must use one that understands the others.
public protocol MessageSerializer: Sendable {
  func encode(_ value: some Encodable) throws -> [UInt8]
  func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value
}

/// JSON, as Foundation writes it. The default.
public struct JSONMessageSerializer: MessageSerializer {
  public init() {}

  public func encode(_ value: some Encodable) throws -> [UInt8] { Array(try JSONEncoder().encode(value)) }

  public func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
    try JSONDecoder().decode(type, from: Data(bytes))
  }
}
