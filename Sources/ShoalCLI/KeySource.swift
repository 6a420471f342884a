import Foundation
import Shoal
import ShoalAdmin

/// Where an agent's cluster key comes from: a file, else the environment. What goes wrong is told, the content never.
struct KeySource {
  static let variable = "SHOAL_KEY"
  /// Far more than a key takes; guards against a file that never ends.
  private static let limit = 4_096

  /// `--key-file`.
  let file: String?

  /// What is unsafe about where the key lies; nil when nothing is.
  var warning: String? {
    guard let file, FileFailure.isReadableByOthers(file) else { return nil }
    return "the key file \(file) can be read by others than its owner; run: chmod 600 \(file)"
  }

  func key() throws -> ClusterKey {
    if let file { return try parse(try read(file), from: "The key file \(file)") }
    if let text = ProcessInfo.processInfo.environment[Self.variable] {
      return try parse(text, from: "The environment variable \(Self.variable)")
    }
    throw CommandFailure(
      "There is no cluster key: make one with \"shoal keygen > cluster.key\" and give --key-file cluster.key, or set "
        + "\(Self.variable). To run without, spell out --insecure.")
  }

  private func read(_ path: String) throws -> String {
    do {
      let handle = try FileHandle(forReadingFrom: URL(filePath: path))
      // Nothing at all stands for the end of the file.
      return String(decoding: try handle.read(upToCount: Self.limit) ?? Data(), as: UTF8.self)
    } catch {
      throw CommandFailure(
        "The key file \(path) cannot be read: \(FileFailure.reason(for: error)). Make one with "
          + "\"shoal keygen > \(path)\", readable by this user.")
    }
  }

  private func parse(_ text: String, from source: String) throws -> ClusterKey {
    let line = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !line.isEmpty else { throw CommandFailure("\(source) is empty; fill it with \"shoal keygen\".") }
    guard !line.contains(where: \.isNewline) else {
      throw CommandFailure("\(source) has several lines; it must hold one, as \"shoal keygen\" prints it.")
    }
    do {
      return try ClusterKey(base64: line)
    } catch {
      throw CommandFailure("\(source) is not a cluster key: \(error). Make one with \"shoal keygen\".")
    }
  }
}
