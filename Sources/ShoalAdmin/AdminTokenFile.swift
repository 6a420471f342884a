import Foundation

/// Where the token of an agent lies: one file per port of the control API, under the user's state directory.
package enum AdminTokenFile {
  /// `$XDG_STATE_HOME/shoal/admin-PORT.token`, or below `~/.local/state` when that is unset.
  package static func path(
    port: UInt16, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String {
    stateDirectory(environment: environment) + "/shoal/admin-\(port).token"
  }

  private static func stateDirectory(environment: [String: String]) -> String {
    // A relative path is to be ignored, says the XDG base directory specification.
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state }
    let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? NSHomeDirectory()
    return home + "/.local/state"
  }
}
