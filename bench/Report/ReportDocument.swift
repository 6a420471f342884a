package import Foundation
import ShoalCore

/// A report as it is written to a file, by this program or by one that measures a rival.
package struct ReportDocument: Codable, Sendable {
  package struct Figures: Codable, Sendable {
    package let unit: String
    package let n: Int
    package let p50: Double?
    package let p99: Double?
    package let max: Double?
    package let mean: Double?

    subscript(_ figure: Statistics.Figure) -> Double? {
      switch figure {
      case .p50: p50
      case .p99: p99
      case .max: max
      case .mean: mean
      }
    }
  }

  package let scenario: String
  package let transport: String
  package let nodes: Int
  package let seed: UInt64
  package let runs: Int
  package let preset: String
  package let options: [String: OptionValue]
  package let machine: String
  package let version: String
  package let metrics: [String: Figures]
  /// Whether the figures say something about the protocol, and not only about a machine that was too busy; nil where nobody asked.
  package let valid: Bool?
  /// What did not happen, as sentences; nil when everything did.
  package let failed: String?

  /// A report of this program, on this machine.
  init(
    scenario: String, transport: String, nodes: Int, seed: UInt64, runs: Int, preset: String,
    options: [String: OptionValue], metrics: [String: Figures], isValid: Bool = true
  ) {
    self.scenario = scenario
    self.transport = transport
    self.nodes = nodes
    self.seed = seed
    self.runs = runs
    self.preset = preset
    self.options = options
    self.metrics = metrics
    valid = isValid
    machine = MachineText.current
    version = ShoalVersion.current
    failed = nil
  }

  package var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(self)
    }
  }

  /// - Parameter name: what the data is called in errors.
  package init(_ data: Data, name: String) throws(ReportDocumentError) {
    do { self = try JSONDecoder().decode(Self.self, from: data) } catch let error as DecodingError {
      throw ReportDocumentError(name: name, flaw: Self.flaw(error))
    } catch {
      throw ReportDocumentError(name: name, flaw: "\(error)")
    }
  }

  /// Reads a file.
  package init(path: String) throws(ReportDocumentError) {
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw ReportDocumentError(
        name: path, flaw: exists ? "this user cannot read it, or it is a folder" : "there is no such file")
    }
    try self.init(data, name: path)
  }

  /// The names of the metrics, those of this program first and in its order.
  package var metricNames: [String] {
    let known = Metric.allCases.map(\.rawValue).filter { metrics[$0] != nil }
    return known + metrics.keys.filter { !known.contains($0) }.sorted()
  }

  private static func flaw(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "it has no '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "what it has at '\(context.codingPath.map(\.stringValue).joined(separator: "."))' is of another kind"
    case .dataCorrupted: "it is no JSON"
    @unknown default: "\(error)"
    }
  }
}

extension ReportDocument.Figures {
  init(_ statistics: Statistics, unit: String) {
    self.init(
      unit: unit, n: statistics.n, p50: statistics.p50, p99: statistics.p99, max: statistics.max,
      mean: statistics.mean)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(unit, forKey: .unit)
    try container.encode(n, forKey: .n)
    // Null for what cannot be said: the key is always there.
    try container.encode(p50, forKey: .p50)
    try container.encode(p99, forKey: .p99)
    try container.encode(max, forKey: .max)
    try container.encode(mean, forKey: .mean)
  }
}

/// A file that is no report.
package struct ReportDocumentError: Error, CustomStringConvertible {
  let name: String
  let flaw: String

  package var description: String {
    "'\(name)' is no report of shoal-bench: \(flaw). Reports are written with --json."
  }
}
