import Foundation
import ShoalBench

/// A report as the two programs write them, with one value for each metric.
func recordedReport(
  _ metrics: [String: Double?], nodes: Int = 100, version: String = "0.1.0", failed: String? = nil, valid: Bool? = nil
) throws -> ReportDocument {
  let figures = metrics.map { name, value in
    let text = value.map { "\($0)" } ?? "null"
    return #""\#(name)": {"unit": "s", "n": 1, "p50": \#(text), "p99": \#(text), "max": \#(text), "mean": \#(text)}"#
  }
  let extra = (failed.map { #""failed": "\#($0)","# } ?? "") + (valid.map { #""valid": \#($0),"# } ?? "")
  let text = """
    {"scenario": "s", "transport": "loopback", "nodes": \(nodes), "seed": 1, "runs": 1, "preset": "p", \(extra)
     "options": {"limit": 120, "crash": "mute"}, "machine": "m", "version": "\(version)",
     "metrics": {\(figures.joined(separator: ","))}}
    """
  return try ReportDocument(Data(text.utf8), name: "recorded")
}
