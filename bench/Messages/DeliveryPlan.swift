/// How much `deliver` sends, and how often it cuts connections.
package struct DeliveryPlan: Sendable {
  var messages = 1_000_000
  var bytes = 100
  var broadcasts = 20_000
  /// Seconds.
  var cutInterval = 1.0
  /// A process is killed when so many messages have arrived there.
  var killedAfter = 50_000

  package init() {}

  package init(messages: Int, broadcasts: Int, cutInterval: Double, killedAfter: Int) {
    self.messages = messages
    self.broadcasts = broadcasts
    self.cutInterval = cutInterval
    self.killedAfter = killedAfter
  }

  /// What has to be typed to do the same.
  package var command: String {
    "shoal-bench deliver --messages \(messages) --bytes \(bytes) --broadcasts \(broadcasts) --cut-interval "
      + "\(Text.plain(cutInterval)) --killed-after \(killedAfter)"
  }
}
