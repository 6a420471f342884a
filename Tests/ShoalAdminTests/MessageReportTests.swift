import Foundation
import Shoal
import ShoalAdmin
import Testing

struct MessageReportTests {
  @Test(
    "what others send is shown as one line, and gives no orders to a terminal",
    arguments: [
      (Array("größe 👨‍👩‍👧 ok".utf8), "größe 👨‍👩‍👧 ok"), (Array("a\tb\r\nc".utf8), "a\\tb\\r\\nc"),
      ([0x1B, 0x5B, 0x32, 0x4A], "\\u{1B}[2J"), (Array("\u{202E}x\u{2028}".utf8), "\\u{202E}x\\u{2028}"),
      (Array("\u{9B}31m".utf8), "\\u{009B}31m"), ([0x41, 0xC3, 0x0A, 0x5C], "A\\xc3\\x0a\\"), ([], ""),
    ] as [([UInt8], String)])
  func shownText(bytes: [UInt8], line: String) { #expect(ShownText.line(bytes) == line) }

  @Test(
    "text is told as it is, and JSON of it gives a terminal no orders",
    arguments: ["a\nb\\n\t", "\u{9B}31m\u{202E}größe"])
  func text(text: String) throws {
    let report = HeardReport(
      Array(text.utf8), from: RecordReport.Node(id: "1", name: nil), correlation: .init(high: 1, low: 2), at: 5)
    #expect(report.text == text)
    let json = ShownText.json(String(decoding: try ReportCoding.encode(report), as: UTF8.self))
    #expect(ShownText.line(json) == json)
    #expect(try ReportCoding.decode(HeardReport.self, from: Data(json.utf8)) == report)
  }

  @Test("a long message is shown by its beginning, with its length")
  func longMessage() {
    let report = HeardReport(
      [UInt8](repeating: 0x61, count: 100_000), from: RecordReport.Node(id: "1", name: nil),
      correlation: .init(high: 1, low: 2), at: 5)
    #expect(report.bytes == 100_000)
    #expect(report.text.utf8.count == HeardReport.textLimit)
    #expect(report.base64 == nil)
  }

  @Test("a character that the cut goes through does not make text into bytes")
  func cutCharacter() {
    let report = HeardReport(
      [0x61] + Array(String(repeating: "é", count: 40_000).utf8), from: RecordReport.Node(id: "1", name: nil),
      correlation: .init(high: 1, low: 2), at: 5)
    #expect(report.base64 == nil)
    #expect(report.text == "a" + String(repeating: "é", count: 32_767))
  }

  @Test("percentiles are over what was answered, by nearest rank; what was not is counted")
  func percentiles() {
    let node = RecordReport.Node(id: "1", name: "b")
    let trips = (1...100).map { number in
      RoundTripReport(
        member: node, udp: .init(nanoseconds: UInt64(number)),
        channel: number % 2 == 0 ? .init(nanoseconds: 7) : .init(error: "lost \(number)"))
    }
    let report = PingReport(of: node, trips.reversed())
    #expect([report.udp.min, report.udp.p50, report.udp.p99, report.udp.max] == [1, 50, 99, 100])
    #expect(report.udp.sent == 100)
    #expect(report.udp.lost == 0)
    #expect(report.channel.lost == 50)
    #expect(report.channel.lastError == "lost 1")
    let silent = PingReport.Path([.init(error: "no")])
    #expect([silent.min, silent.p50, silent.p99, silent.max] == [nil, nil, nil, nil])
  }
}
