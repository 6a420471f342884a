/// Why the control API could not be served or asked: a code for programs, a sentence for people.
package struct AdminError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    /// Not of the form HOST:PORT.
    case invalidAddress
    /// The address to serve on is in use or not one of this machine's.
    case addressUnavailable
    /// A token is needed and there is none, or it cannot be read or written.
    case noToken
    /// The agent does not accept the token.
    case wrongToken
    /// Nothing answers at the address, or not in time.
    case noAgent
    /// What answered is not what an agent says.
    case notAnAgent
    /// The agent knows no member of that name.
    case unknownMember
    /// The agent could not do it, for the reason in the message.
    case refused
  }

  package let code: Code
  /// One sentence or two: what was wrong, which value, what to do.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }

  static func invalidAddress(_ text: String) -> AdminError {
    AdminError(.invalidAddress, "\"\(text)\" is not an address; write HOST:PORT, as in 127.0.0.1:7947.")
  }
}
