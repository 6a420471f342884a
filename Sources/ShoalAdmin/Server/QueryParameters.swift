import Hummingbird

/// What stands behind the `?` of a request. Anything that the request does not take is refused, so that no misspelt one is passed over.
struct QueryParameters {
  private let parameters: [(name: String, value: String)]

  /// - Parameters:
  ///   - flags: those that are `true` or `false`; each at most once.
  ///   - lists: those that hold a text, any number of times.
  /// - Throws: `AdminFailure` with status 400, naming the parameter.
  @discardableResult
  init(of request: Request, flags: [String] = [], lists: [String] = []) throws {
    parameters = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
    for (name, value) in parameters {
      guard flags.contains(name) || lists.contains(name) else {
        let known = flags + lists
        let taken = known.isEmpty ? "no parameters" : known.joined(separator: " and ")
        throw AdminFailure(
          .badRequest, "\(name.debugDescription) is no parameter of \(request.uri.path), which takes \(taken).")
      }
      guard flags.contains(name) else { continue }
      guard value == "true" || value == "false" else {
        throw AdminFailure(.badRequest, "\(name) is \(value.debugDescription), but must be true or false.")
      }
      guard parameters.count(where: { $0.name == name }) == 1 else {
        throw AdminFailure(.badRequest, "\(name) is given several times; give it once.")
      }
    }
  }

  func flag(_ name: String) -> Bool { parameters.contains { $0.name == name && $0.value == "true" } }

  func list(_ name: String) -> [String] { parameters.filter { $0.name == name }.map(\.value) }
}
