import Foundation

/// Why a file could not be read or written, in our own words.
package enum FileFailure {
  /// A reason that fits behind a colon, without a full stop.
  package static func reason(for error: any Error) -> String {
    let error = error as NSError
    let underlying = (error.userInfo[NSUnderlyingErrorKey] as? any Error).map { $0 as NSError }
    let posix = error.domain == NSPOSIXErrorDomain ? error : underlying
    if let posix, posix.domain == NSPOSIXErrorDomain { return reason(for: Int32(posix.code)) }
    switch CocoaError.Code(rawValue: error.code) {
    case .fileNoSuchFile, .fileReadNoSuchFile: return reason(for: ENOENT)
    case .fileReadNoPermission, .fileWriteNoPermission: return reason(for: EACCES)
    case .fileWriteVolumeReadOnly: return reason(for: EROFS)
    case .fileWriteOutOfSpace: return reason(for: ENOSPC)
    case .fileWriteFileExists: return reason(for: ENOTDIR)
    default: return "the system gives the code \(error.code) of \(error.domain)"
    }
  }

  private static func reason(for code: Int32) -> String {
    switch code {
    case ENOENT: "there is no such file or folder"
    case EACCES, EPERM: "this user may not"
    case EISDIR: "it is a folder"
    case ENOTDIR, EEXIST: "a part of its path is no folder"
    case EROFS: "the disk is read-only"
    case ENOSPC: "the disk is full"
    case EMFILE, ENFILE: "too many files are open"
    default: unsafe String(cString: strerror(code)).lowercased()
    }
  }

  /// Whether others than its owner may read a file; false when that cannot be told.
  package static func isReadableByOthers(_ path: String) -> Bool {
    let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int
    return mode.map { $0 & 0o044 != 0 } ?? false
  }
}
