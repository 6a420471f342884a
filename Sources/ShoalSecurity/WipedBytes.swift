/// Secret bytes that are overwritten when nobody holds them any more.
///
/// For short-lived secrets inside a handshake or a cipher; long-lived keys live in `SecretBytes`.
package final class WipedBytes {
  package private(set) var bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  deinit { Sodium.wipe(&bytes) }
}
