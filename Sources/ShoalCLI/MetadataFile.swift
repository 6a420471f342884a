import Foundation
import ShoalAdmin
import ShoalCore

/// What `--metadata-file` names.
enum MetadataFile {
  /// The longest metadata that a member may have, in bytes.
  static let limit = MetadataLimits.bytes

  static func read(_ path: String) throws -> [UInt8] {
    let data: Data
    do {
      data = try FileHandle(forReadingFrom: URL(filePath: path)).read(upToCount: limit + 1) ?? Data()
    } catch {
      throw CommandFailure(
        "The metadata file \(path) cannot be read: \(FileFailure.reason(for: error)). Give one that this user may read."
      )
    }
    guard data.count <= limit else {
      throw CommandFailure("The metadata file \(path) has more than \(limit) bytes; give a shorter one.")
    }
    return [UInt8](data)
  }
}
