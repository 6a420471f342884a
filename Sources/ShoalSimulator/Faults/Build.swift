/// What a process was built from. A cluster that is being upgraded holds several.
public enum Build: String, Sendable, Hashable, CaseIterable {
  /// This version, configured as the world says.
  case current = "this version"
  /// A later one, which still speaks this one's protocol: its datagrams also carry fields, and are of kinds, that this version does not
  /// know and must pass over.
  case later = "a later version"
  /// This version with every feature switched off.
  case plain = "this version without features"
  /// A version that has no protocol in common with this one: whoever it asks refuses it, and it stops.
  case foreign = "a foreign version"
}
