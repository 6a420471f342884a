import ShoalAdmin
import Testing

struct AdminAddressTests {
  @Test(
    "an address is a host and a port",
    arguments: [
      ("127.0.0.1:7947", "127.0.0.1", 7947), ("localhost:0", "localhost", 0), ("[::1]:65535", "::1", 65535),
      ("10.0.0.5:1", "10.0.0.5", 1),
    ] as [(String, String, UInt16)])
  func parses(text: String, host: String, port: UInt16) throws {
    let address = try AdminAddress(text)
    #expect(address.host == host)
    #expect(address.port == port)
    #expect(address.description == text)
  }

  @Test(
    "what is not an address is named in the error",
    arguments: [
      "", ":", "x", ":7947", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "a:-1", "::1:7947", "a b:1", "[]:1",
    ])
  func refuses(text: String) {
    let error = #expect(throws: AdminError.self) { try AdminAddress(text) }
    #expect(error?.code == .invalidAddress)
    #expect(error?.message.contains("\"\(text)\"") == true)
  }

  @Test(
    "only this machine's own addresses are loopback",
    arguments: ["localhost", "LOCALHOST", "127.0.0.1", "127.9.8.7", "::1"])
  func loopback(host: String) { #expect(AdminAddress.isLoopback(host: host)) }

  @Test(
    "a look-alike is not loopback",
    arguments: [
      "0.0.0.0", "10.0.0.1", "127.0.0.1.evil.example", "127.evil.example.x", "localhost.evil.example", "::",
      "127.0.0.256", "",
    ])
  func beyond(host: String) { #expect(!AdminAddress.isLoopback(host: host)) }
}
