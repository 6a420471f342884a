import ShoalCore
import Testing

@Suite("Configuration")
struct ConfigurationTests {
  @Test("every preset is valid", arguments: [CoreConfiguration.local, .lan, .wan])
  func presets(configuration: CoreConfiguration) throws { try configuration.validate() }

  @Test("a setting that cannot work is named with its value and the rule")
  func named() {
    var configuration = CoreConfiguration.lan
    configuration.detection.probeTimeout = .seconds(2)
    let error = #expect(throws: ConfigurationError.self) { try configuration.validate() }
    #expect(error?.field == "detection.probeTimeout")
    #expect(error?.description.contains("2.0 seconds") == true)
    #expect(error?.description.contains("below probeInterval") == true)
  }

  @Test(
    "names and tags are held to their limits",
    arguments: [("", 0), (String(repeating: "n", count: 65), 0), ("tab\t", 0), ("fine", 600)])
  func identity(name: String, tagBytes: Int) {
    let identity = LocalIdentity(
      id: WireSamples.alice, name: name, endpoint: Endpoint(v4: 1, port: 1), salt: 0,
      tags: tagBytes > 0 ? ["t": String(repeating: "v", count: tagBytes)] : [:])
    #expect(throws: ConfigurationError.self) { try identity.validate() }
  }

  @Test(
    "what no reader accepts is refused where it is written",
    arguments: [["": "unnamed"], ["k": "two\nlines"], ["k\u{7F}": "v"]])
  func tags(tags: [String: String]) {
    let identity = LocalIdentity(
      id: WireSamples.alice, name: "fine", endpoint: Endpoint(v4: 1, port: 1), salt: 0, tags: tags)
    #expect(throws: ConfigurationError.self) { try identity.validate() }
  }

  @Test("intervals without end are refused")
  func endless() {
    var configuration = CoreConfiguration.lan
    configuration.detection.probeInterval = .seconds(Int64.max)
    #expect(throws: ConfigurationError.self) { try configuration.validate() }
    configuration = .lan
    configuration.gossip.interval = .seconds(Int64.max)
    #expect(throws: ConfigurationError.self) { try configuration.validate() }
  }
}
