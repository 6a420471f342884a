package import Foundation

/// The body of every answer that is not a success.
package struct ErrorReport: Codable, Sendable, Hashable {
  /// A sentence for a person.
  package var error: String

  package init(error: String) { self.error = error }
}

/// `POST /v1/leave`, once the farewell has been sent.
package struct LeaveReport: Codable, Sendable, Hashable {
  package var name: String
  package var left: Bool

  package init(name: String) {
    self.name = name
    left = true
  }
}

/// One way to write and read JSON for server, client and command line: keys sorted, so that equal reports are equal bytes.
package enum ReportCoding {
  package static func encode(_ report: some Encodable, pretty: Bool = false) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    return try encoder.encode(report)
  }

  package static func decode<Report: Decodable>(_ type: Report.Type, from data: Data) throws -> Report {
    try JSONDecoder().decode(type, from: data)
  }
}
