import Foundation
import ShoalAdmin
import Testing

struct AdminTokenTests {
  private func permissions(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test("a written token is read back, and only its user can read it")
  func roundTrip() async throws {
    try await withFolder { folder in
      let path = folder + "/state/shoal/admin-1.token"
      let token = AdminToken.random()
      try token.write(to: path)
      #expect(try permissions(path) == 0o600)
      #expect(try permissions(folder + "/state/shoal") == 0o700)
      #expect(try AdminToken.read(from: path).matches(authorization: token.bearer))
      try AdminToken.random().write(to: path)
      #expect(try !AdminToken.read(from: path).matches(authorization: token.bearer))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/state/shoal") == ["admin-1.token"])
    }
  }

  @Test("a link in the token's place is replaced, never followed")
  func links() async throws {
    try await withFolder { folder in
      try FileManager.default.createSymbolicLink(atPath: folder + "/t", withDestinationPath: folder + "/elsewhere")
      try AdminToken.random().write(to: folder + "/t")
      #expect(!FileManager.default.fileExists(atPath: folder + "/elsewhere"))
      #expect(try permissions(folder + "/t") == 0o600)
    }
  }

  @Test("a file that cannot be read is named")
  func missingFile() async throws {
    try await withFolder { folder in
      let error = #expect(throws: AdminError.self) { try AdminToken.read(from: folder + "/none") }
      #expect(error?.code == .noToken)
      #expect(error?.message.contains(folder + "/none cannot be read: there is no such file") == true)
      #expect(error?.message.contains("..") == false)
      let isFolder = #expect(throws: AdminError.self) { try AdminToken.read(from: folder) }
      #expect(isFolder?.message.contains("it is a folder") == true)
      let unwritable = #expect(throws: AdminError.self) { try AdminToken.random().write(to: "/dev/null/token") }
      #expect(unwritable?.message.contains("cannot be written: a part of its path is no folder") == true)
    }
  }

  @Test(
    "a token that is short, long or not one word is refused, and not shown",
    arguments: [
      "", "short", String(repeating: "x", count: 513), "0123456789abcdef 0123456789", "0123456789abcde\u{7F}f",
    ])
  func malformed(text: String) {
    let error = #expect(throws: AdminError.self) { try AdminToken(text, from: "FILE") }
    #expect(error?.code == .noToken)
    #expect(text.isEmpty || error?.message.contains(text) == false)
  }

  @Test("two tokens are never equal, and printing one shows nothing")
  func secrecy() {
    let token = AdminToken.random()
    #expect(!token.matches(authorization: AdminToken.random().bearer))
    #expect(token.bearer.utf8.count == "Bearer ".utf8.count + 64)
    #expect(!"\(token)".contains(token.bearer.suffix(8)))
  }

  @Test("the file lies in the state directory, one for each port")
  func location() {
    #expect(
      AdminTokenFile.path(port: 7947, environment: ["XDG_STATE_HOME": "/s", "HOME": "/h"])
        == "/s/shoal/admin-7947.token")
    #expect(AdminTokenFile.path(port: 1, environment: ["HOME": "/h"]) == "/h/.local/state/shoal/admin-1.token")
    #expect(
      AdminTokenFile.path(port: 1, environment: ["XDG_STATE_HOME": "relative", "HOME": "/h"])
        == "/h/.local/state/shoal/admin-1.token")
  }
}
