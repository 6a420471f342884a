/// The version of this build, as `shoal version` and `GET /v1/self` tell it.
package enum ShoalVersion {
  package static let current = "0.1.0"
}
