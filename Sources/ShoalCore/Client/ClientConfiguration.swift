/// When a client looks for members, and how long it waits for them.
public struct ClientConfiguration: Sendable, Hashable {
  /// How often the client asks whether the members have changed. Default 1 s, 50 ms to 10 min. While they have not, that costs two messages
  /// of a few bytes.
  public var refreshInterval: Duration = .seconds(1)
  /// How long a member may take to let the client in, or to answer which members there are; then another one is asked. Default 5 s,
  /// 100 ms to 10 min.
  public var answerTimeout: Duration = .seconds(5)
  /// The first wait before looking for a member again when none has let the client in; each further one is twice as long, up to
  /// `retryLimit`, less a random part of up to half. Default 250 ms, 1 ms to 1 min.
  public var retryInterval: Duration = .milliseconds(250)
  /// Default 5 s, not below `retryInterval`, at most 10 min.
  public var retryLimit: Duration = .seconds(5)

  public init() {}

  package func validate() throws(ConfigurationError) {
    try ConfigurationError.require(
      refreshInterval >= .milliseconds(50) && refreshInterval <= .seconds(600), "client.refreshInterval",
      refreshInterval, "50 ms to 10 min")
    try ConfigurationError.require(
      answerTimeout >= .milliseconds(100) && answerTimeout <= .seconds(600), "client.answerTimeout", answerTimeout,
      "100 ms to 10 min")
    try ConfigurationError.require(
      retryInterval >= .milliseconds(1) && retryInterval <= .seconds(60), "client.retryInterval", retryInterval,
      "1 ms to 1 min")
    try ConfigurationError.require(
      retryLimit >= retryInterval && retryLimit <= .seconds(600), "client.retryLimit", retryLimit,
      "not below retryInterval (\(retryInterval)) and at most 10 min")
  }
}
