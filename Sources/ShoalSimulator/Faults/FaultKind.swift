/// What kind of fault one is, without whom it is about: the unit of swarm testing.
public enum FaultKind: String, Sendable, Hashable, CaseIterable {
  case crash, cutPower, restart, upgrade, join, leave, changeTags, changeMetadata, renewSalt, jumpWallClock
  case drain, undrain, abdicate, elect, evict
  case pause, freeze, blockIO, starve, smallBuffers, slow, clockRate
  case loss, bursts, duplicates, reorder, spikes, corruption, truncation, sizeLimit, replay, forge
  case rotateKeys
  case split, cut, flap
  case refuseStreams, resetStreams, halfOpenStreams, stallStreams

  /// Whether it happens at one moment rather than over a span of time.
  public var isMoment: Bool {
    switch self {
    case .crash, .cutPower, .restart, .upgrade, .join, .leave, .changeTags, .changeMetadata, .renewSalt, .jumpWallClock,
      .drain,
      .undrain, .abdicate, .elect, .evict:
      true
    case .pause, .freeze, .blockIO, .starve, .smallBuffers, .slow, .clockRate, .loss, .bursts, .duplicates, .reorder,
      .spikes, .corruption, .truncation, .sizeLimit, .replay, .forge, .rotateKeys, .split, .cut, .flap, .refuseStreams,
      .resetStreams,
      .halfOpenStreams, .stallStreams:
      false
    }
  }

  /// Whether an operator does it.
  var isOperation: Bool {
    switch self {
    case .drain, .undrain, .abdicate, .elect, .evict: true
    case .crash, .cutPower, .restart, .upgrade, .join, .leave, .changeTags, .changeMetadata, .renewSalt, .jumpWallClock,
      .pause, .freeze, .blockIO, .starve, .smallBuffers, .slow, .clockRate, .loss, .bursts, .duplicates, .reorder,
      .spikes, .corruption, .truncation, .sizeLimit, .replay, .forge, .rotateKeys, .split, .cut, .flap, .refuseStreams,
      .resetStreams, .halfOpenStreams, .stallStreams:
      false
    }
  }

  /// Whether a member under it may rightly be taken for dead, or take others for dead.
  var disturbs: Bool {
    switch self {
    case .join, .leave, .changeTags, .changeMetadata, .renewSalt, .duplicates, .reorder, .corruption, .replay, .forge,
      .crash, .cutPower,
      .restart, .upgrade, .rotateKeys, .drain, .undrain, .abdicate, .elect, .evict:
      false
    case .jumpWallClock, .pause, .freeze, .blockIO, .starve, .smallBuffers, .slow, .clockRate, .loss, .bursts, .spikes,
      .truncation,
      .sizeLimit, .split, .cut, .flap, .refuseStreams, .resetStreams, .halfOpenStreams, .stallStreams:
      true
    }
  }

  /// Whether members that stay have no reason to lose their places in total order: somebody goes, or another one coordinates.
  var leavesPlaces: Bool {
    switch self {
    case .crash, .cutPower, .leave, .changeTags, .changeMetadata, .drain, .undrain, .abdicate, .elect: true
    case .restart, .upgrade, .join, .renewSalt, .jumpWallClock, .evict, .pause, .freeze, .blockIO, .starve,
      .smallBuffers, .slow, .clockRate, .loss, .bursts, .duplicates, .reorder, .spikes, .corruption, .truncation,
      .sizeLimit, .replay, .forge, .rotateKeys, .split, .cut, .flap, .refuseStreams, .resetStreams, .halfOpenStreams,
      .stallStreams:
      false
    }
  }
}

extension Fault {
  public var kind: FaultKind {
    switch self {
    case .crash: .crash
    case .cutPower: .cutPower
    case .restart: .restart
    case .upgrade: .upgrade
    case .join: .join
    case .leave: .leave
    case .changeTags: .changeTags
    case .changeMetadata: .changeMetadata
    case .renewSalt: .renewSalt
    case .jumpWallClock: .jumpWallClock
    case .drain: .drain
    case .undrain: .undrain
    case .abdicate: .abdicate
    case .elect: .elect
    case .evict: .evict
    case .pause: .pause
    case .freeze: .freeze
    case .blockIO: .blockIO
    case .starve: .starve
    case .smallBuffers: .smallBuffers
    case .slow: .slow
    case .clockRate: .clockRate
    case .loss: .loss
    case .bursts: .bursts
    case .duplicates: .duplicates
    case .reorder: .reorder
    case .spikes: .spikes
    case .corruption: .corruption
    case .truncation: .truncation
    case .sizeLimit: .sizeLimit
    case .replay: .replay
    case .forge: .forge
    case .rotateKeys: .rotateKeys
    case .split: .split
    case .cut: .cut
    case .flap: .flap
    case .refuseStreams: .refuseStreams
    case .resetStreams: .resetStreams
    case .halfOpenStreams: .halfOpenStreams
    case .stallStreams: .stallStreams
    }
  }
}
