package import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// An answer as it came: a status and all of its body.
package struct HTTPAnswer: Sendable {
  package let status: Int
  package let body: Data
}

/// One request and its answer on one connection, with one deadline over everything.
package struct HTTPExchange: Sendable {
  package enum Failure: Error, Sendable, Hashable {
    /// No connection, for this reason.
    case unreachable(String)
    /// Connected, but no whole answer before the deadline.
    case timeout
    /// The answer is not HTTP, breaks off, or is too long.
    case invalid
    /// An answer that goes on has brought nothing for too long.
    case silent(Duration)
    /// An answer that goes on has ended before its end.
    case brokenOff
  }

  /// A longer answer is refused: room for the largest table of members.
  static let bodyLimit = 64 << 20
  /// A longer line of an answer that goes on is refused: room for the longest text, escaped.
  static let lineLimit = 1 << 20

  package let address: AdminAddress
  package let timeout: Duration
  /// For how long an answer that goes on may bring nothing: three times as long as an agent lets pass.
  package let silenceLimit: Duration

  package init(address: AdminAddress, timeout: Duration, silenceLimit: Duration = .seconds(15)) {
    self.address = address
    self.timeout = timeout
    self.silenceLimit = silenceLimit
  }

  /// - Parameter headers: further ones; a `Host` among them replaces the usual one.
  package func perform(
    _ method: String, _ path: String, headers: [(String, String)] = [], body: Data = Data()
  ) async throws(Failure) -> HTTPAnswer {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let promise = loop.makePromise(of: HTTPAnswer.self)
    let limit = TimeAmount(timeout)
    let deadline = loop.scheduleTask(in: limit) { promise.fail(Failure.timeout) }
    defer { deadline.cancel() }
    let connecting = ClientBootstrap(group: loop)
      .connectTimeout(limit)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          try channel.pipeline.syncOperations.addHandler(AnswerCollector(promise: promise))
        }
      }
      .connect(host: address.host, port: Int(address.port))
    let channel: any Channel
    do {
      channel = try await connecting.get()
    } catch {
      let failure = Failure.unreachable(Self.reason(for: error))
      promise.fail(failure)
      throw failure
    }
    write(method, path, headers: headers, body: body, to: channel)
    defer { channel.close(promise: nil) }
    do {
      return try await promise.futureResult.get()
    } catch {
      throw error as? Failure ?? .invalid
    }
  }

  /// Performs a request whose answer goes on, and hands over its lines as they come; empty ones are passed over. Reads no faster than they
  /// are taken.
  ///
  /// - Returns: the status; with any but 200 also the body, which is then taken whole.
  /// - Throws: `Failure`, with the timeout over the beginning of the answer only; `CancellationError`; what `onLine` throws.
  package func performStreaming(
    _ method: String, _ path: String, headers: [(String, String)] = [], onLine: (Data) async throws -> Void
  ) async throws -> HTTPAnswer {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let limit = TimeAmount(timeout)
    let connection: NIOAsyncChannel<HTTPClientResponsePart, Never>
    do {
      connection = try await ClientBootstrap(group: loop).connectTimeout(limit)
        .connect(host: address.host, port: Int(address.port)) { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            return try NIOAsyncChannel<HTTPClientResponsePart, Never>(wrappingChannelSynchronously: channel)
          }
        }
    } catch { throw Failure.unreachable(Self.reason(for: error)) }
    let channel = connection.channel
    var silence = watch(channel, for: timeout)
    defer { silence.cancel() }
    write(method, path, headers: headers, body: Data(), to: channel)
    return try await connection.executeThenClose { inbound in
      var parts = inbound.makeAsyncIterator()
      var status: Int?
      var body = Data()
      while true {
        let arrived: HTTPClientResponsePart?
        do {
          arrived = try await parts.next()
        } catch is CancellationError {
          throw CancellationError()
        } catch {
          // For whatever reason: the connection has ended.
          arrived = nil
        }
        guard let part = arrived else { break }
        // While lines are being taken nothing is expected.
        silence.cancel()
        switch part {
        case .head(let head): status = Int(head.status.code)
        case .body(let bytes):
          body.append(contentsOf: bytes.readableBytesView)
          if status == 200 { try await Self.takeLines(of: &body, onLine) }
          guard body.count <= Self.lineLimit else { throw Failure.invalid }
        case .end: return HTTPAnswer(status: status ?? 0, body: body)
        }
        silence = watch(channel, for: silenceLimit)
      }
      try Task.checkCancellation()
      guard status != nil else { throw Failure.timeout }
      throw silence.isOver ? .silent(silenceLimit) : Failure.brokenOff
    }
  }

  /// Closes a connection after a while, unless that is cancelled.
  private func watch(_ channel: any Channel, for limit: Duration) -> SilenceWatch {
    let isOver = NIOLockedValueBox(false)
    let task = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) {
      isOver.withLockedValue { $0 = true }
      channel.close(promise: nil)
    }
    return SilenceWatch(task: task, over: isOver)
  }

  private struct SilenceWatch {
    let task: Scheduled<Void>
    let over: NIOLockedValueBox<Bool>

    var isOver: Bool { over.withLockedValue { $0 } }

    func cancel() { task.cancel() }
  }

  private static func takeLines(of body: inout Data, _ onLine: (Data) async throws -> Void) async throws {
    var lines = body.split(separator: 0x0A, omittingEmptySubsequences: false)
    // What is behind the last line's end has not come whole yet.
    let rest = lines.popLast() ?? Data()
    for line in lines where !line.isEmpty { try await onLine(Data(line)) }
    body = Data(rest)
  }

  private func write(
    _ method: String, _ path: String, headers: [(String, String)], body: Data, to channel: any Channel
  ) {
    var fields = HTTPHeaders([
      ("Host", "\(address)"), ("Connection", "close"), ("Content-Length", "\(body.count)"),
    ])
    for (name, value) in headers { fields.replaceOrAdd(name: name, value: value) }
    let head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path, headers: fields)
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    if !body.isEmpty {
      channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
    }
    channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
  }

  private static func reason(for error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
      if let first = error.connectionErrors.first { return reason(for: first.error) }
      return "the host \"\(error.host)\" cannot be resolved"
    case let error as IOError: return unsafe String(cString: strerror(error.errnoCode)).lowercased()
    case ChannelError.connectTimeout: return "the connection timed out"
    default: return "\(error)"
    }
  }
}

/// Gathers the parts of one answer, up to the limit. Completes its promise once.
private final class AnswerCollector: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart

  private let promise: EventLoopPromise<HTTPAnswer>
  private var status = 0
  private var body = Data()

  init(promise: EventLoopPromise<HTTPAnswer>) { self.promise = promise }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): status = Int(head.status.code)
    case .body(let part):
      guard body.count + part.readableBytes <= HTTPExchange.bodyLimit else {
        promise.fail(HTTPExchange.Failure.invalid)
        context.close(promise: nil)
        return
      }
      body.append(contentsOf: part.readableBytesView)
    case .end: promise.succeed(HTTPAnswer(status: status, body: body))
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.fail(HTTPExchange.Failure.invalid)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) { promise.fail(HTTPExchange.Failure.invalid) }
}
