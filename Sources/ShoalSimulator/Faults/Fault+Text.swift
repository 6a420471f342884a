extension Fault: CustomStringConvertible {
  /// As a line of a story.
  public var description: String {
    switch self {
    case .crash(let nodes): "crash \(nodes)"
    case .cutPower(let nodes): "cut the power of \(nodes)"
    case .restart(let nodes, .fresh): "restart \(nodes)"
    case .restart(let nodes, .stale): "restart \(nodes) with the seeds of old"
    case .restart(let nodes, .elsewhere): "restart \(nodes) on other machines"
    case .upgrade(let nodes, let build): "restart \(nodes) as \(build.rawValue)"
    case .join(let nodes, let seeds): "\(nodes) join through \(seeds.joined(separator: " "))"
    case .leave(let nodes): "\(nodes) leave"
    case .changeTags(let nodes): "new tags for \(nodes)"
    case .changeMetadata(let nodes, let bytes): "\(bytes) bytes of new metadata for \(nodes)"
    case .renewSalt(let nodes): "new salts for \(nodes)"
    case .jumpWallClock(let nodes, let span): "the wall clock jumps by \(Clock.text(span)) at \(nodes)"
    case .drain(let nodes, let timeout): "drain \(nodes) within \(Clock.text(timeout))"
    case .undrain(let nodes): "undrain \(nodes)"
    case .abdicate(let nodes): "whoever of \(nodes) coordinates abdicates"
    case .elect(let nodes): "a new reign is asked for at \(nodes)"
    case .evict(let nodes, let name): "\(name) evicts \(nodes)"
    case .pause(let nodes): "pause \(nodes)"
    case .freeze(let nodes): "freeze \(nodes)"
    case .blockIO(let nodes): "block the input and output of \(nodes)"
    case .starve(let nodes): "starve \(nodes) of input"
    case .smallBuffers(let nodes, let bytes): "receive buffers of \(bytes) bytes at \(nodes)"
    case .slow(let nodes, let span): "\(nodes) do everything \(Clock.text(span)) late"
    case .clockRate(let nodes, let rate): "clocks run \(rate) millionths fast at \(nodes)"
    case .loss(let links, let percent): "\(percent) % lost on \(links)"
    case .bursts(let links, let percent, let length): "\(percent) % lost in bursts of \(length) on \(links)"
    case .duplicates(let links, let percent): "\(percent) % doubled on \(links)"
    case .reorder(let links, let percent, let span): "\(percent) % overtaken within \(Clock.text(span)) on \(links)"
    case .spikes(let links, let percent, let span): "\(percent) % late by \(Clock.text(span)) on \(links)"
    case .corruption(let links, let percent): "\(percent) % corrupted on \(links)"
    case .truncation(let links, let percent): "\(percent) % cut off on \(links)"
    case .sizeLimit(let links, let bytes): "what is longer than \(bytes) bytes vanishes on \(links)"
    case .replay(let links, let percent, let span, let elsewhere):
      "\(percent) % replayed\(elsewhere ? " to anybody" : "") within \(Clock.text(span)) on \(links)"
    case .forge(let nodes, let rate): "\(rate) forged datagrams a second to \(nodes)"
    case .rotateKeys(let nodes): "a new key, used at once by \(nodes)"
    case .split(let groups): "split off \(groups.map { $0.joined(separator: " ") }.joined(separator: " | "))"
    case .cut(let links): "cut \(links)"
    case .flap(let links, let down, let up): "flap, \(Clock.text(down)) down and \(Clock.text(up)) up, on \(links)"
    case .refuseStreams(let links): "refuse connections on \(links)"
    case .resetStreams(let links): "reset connections on \(links)"
    case .halfOpenStreams(let links): "connections lose everything on \(links)"
    case .stallStreams(let links): "connections stand still on \(links)"
    }
  }
}

extension ScheduledFault: CustomStringConvertible {
  public var description: String {
    let end = lasts.map { " for \(Clock.text($0))" } ?? ""
    return "\(Clock.text(starts)) \(fault)\(end)"
  }
}
