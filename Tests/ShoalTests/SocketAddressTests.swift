import NIOCore
import Shoal
import ShoalCore
import Testing

@Suite("Addresses of sockets")
struct SocketAddressTests {
  @Test(
    "an endpoint becomes the address that it names", arguments: ["10.0.0.5:7946", "[::1]:80", "[2001:db8:1::ff]:65535"])
  func made(text: String) throws {
    let endpoint = try #require(Endpoint(text))
    let named = try SocketAddress(ipAddress: endpoint.host.filter { !"[]".contains($0) }, port: Int(endpoint.port))
    #expect(endpoint.socketAddress == named)
    #expect(Endpoint(endpoint.socketAddress) == endpoint)
  }
}
