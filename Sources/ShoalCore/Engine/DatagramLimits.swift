/// Sizes of what travels over UDP.
package enum DatagramLimits {
  /// What sealing adds: version 1, key id 4, handle 8, salt 8, counter 8, tag 16.
  package static let sealingOverhead = 45
  /// IPv4 and UDP headers, counted in every figure that speaks of bytes on the wire.
  package static let headerBytes = 28
}
