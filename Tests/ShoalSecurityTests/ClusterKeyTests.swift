import ShoalSecurity
import Testing

@Suite("Cluster key")
struct ClusterKeyTests {
  @Test("a generated key reads back from its text, and no two are the same")
  func roundTrip() throws {
    let key = try ClusterKey.generate()
    let again = try ClusterKey(base64: " \(key.base64)\n")
    #expect(again.base64 == key.base64)
    #expect(again.id == key.id)
    #expect(try ClusterKey.generate().id != key.id)
  }

  @Test("a key never shows itself")
  func hidden() throws {
    let key = try ClusterKey.generate()
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.contains(key.base64)) }
  }

  @Test(
    "a bad key is refused with what is wrong, and is not repeated",
    arguments: [
      ("", "empty"), ("not base64 !", "not base64"), ("c2hvcnQ=", "5 bytes"),
      ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "36 bytes"),
    ])
  func bad(text: String, says: String) {
    let error = #expect(throws: KeyError.self) { try ClusterKey(base64: text) }
    #expect(error?.message.contains(says) == true)
    if !text.isEmpty { #expect(error?.message.contains(text) == false) }
  }

  @Test("the id of a key has its golden value")
  func goldenID() throws {
    let key = try ClusterKey(base64: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    #expect(key.id.description == "16f7229a")
  }
}
