import Foundation
import ShoalCore

/// What `--metadata-file` names.
enum MetadataFile {
  /// The longest metadata that a member may have, in bytes.
  static let limit = MetadataLimits.bytes

  static func read(_ path: String) throws -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw CommandFailure("The metadata file \(path) cannot be read; give one that this user may read.")
    }
    let data: Data
    do {
      data = try handle.read(upToCount: limit + 1) ?? Data()
    } catch {
      throw CommandFailure("The metadata file \(path) cannot be read: \(error.localizedDescription)")
    }
    guard data.count <= limit else {
      throw CommandFailure("The metadata file \(path) has more than \(limit) bytes; give a shorter one.")
    }
    return [UInt8](data)
  }
}
