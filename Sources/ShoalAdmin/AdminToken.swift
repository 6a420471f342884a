import Foundation

/// The secret that a mutating call of the control API must bring along.
///
/// An agent on loopback draws one at every start and writes it to a file that only its user can read; the command line finds
/// it there by the port. Whoever can read the file may therefore do what the user may.
package struct AdminToken: Sendable {
  /// 64 hexadecimal digits when drawn here; at least `minimumBytes` when an operator made it.
  private let text: String

  /// A token that an operator made must be at least this long. Guards against an empty or trivial file.
  package static let minimumBytes = 16
  /// A longer token is refused, so that it always fits a header.
  package static let maximumBytes = 512

  /// - Throws: `.noToken` when it is too short, too long, or has characters that a header cannot carry.
  package init(_ text: String, from source: String) throws(AdminError) {
    guard (Self.minimumBytes...Self.maximumBytes).contains(text.utf8.count) else {
      throw AdminError(
        .noToken,
        "The token in \(source) has \(text.utf8.count) bytes; it must have \(Self.minimumBytes) to \(Self.maximumBytes)."
      )
    }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw AdminError(.noToken, "The token in \(source) must be one line of printable ASCII without spaces.")
    }
    self.text = text
  }

  /// Draws 256 random bits from the system.
  package static func random() -> AdminToken {
    var generator = SystemRandomNumberGenerator()
    let words = (0..<4).map { _ in generator.next() }
    return AdminToken(drawn: words.map { String($0, radix: 16) }.map { zeros(16 - $0.count) + $0 }.joined())
  }

  private static func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }

  private init(drawn text: String) { self.text = text }

  /// The value of an `Authorization` header.
  package var bearer: String { "Bearer \(text)" }

  /// Whether a header carries this token; takes equally long wherever the first difference is.
  package func matches(authorization header: String) -> Bool {
    let expected = Array(bearer.utf8)
    let given = Array(header.utf8)
    guard given.count == expected.count else { return false }
    return zip(given, expected).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

extension AdminToken: CustomStringConvertible {
  /// Never the token itself.
  package var description: String { "AdminToken(…)" }
}

extension AdminToken {
  /// Reads a file that holds one line.
  package static func read(from path: String) throws(AdminError) -> AdminToken {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw AdminError(
        .noToken,
        "The token file \(path) cannot be read: \(FileFailure.reason(for: error)). Give one that this user may read.")
    }
    let line = String(decoding: data.prefix(Self.maximumBytes + 2), as: UTF8.self)
    return try AdminToken(line.trimmingCharacters(in: .newlines), from: path)
  }

  /// Replaces the file at `path` by one that only this user can read or write; missing folders are made, for this user only.
  package func write(to path: String) throws(AdminError) {
    let temporary = "\(path).\(UUID().uuidString)"
    do {
      try FileManager.default.createDirectory(
        atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path,
        withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      // Created with its final mode and moved into place: at no time can anybody else read it, and no link is followed.
      let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
      guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
      let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      try file.write(contentsOf: Data("\(text)\n".utf8))
      try file.close()
      guard unsafe rename(temporary, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    } catch {
      unsafe unlink(temporary)
      throw AdminError(
        .noToken,
        "The token file \(path) cannot be written: \(FileFailure.reason(for: error)). Set XDG_STATE_HOME to a folder of yours."
      )
    }
  }
}
