import ShoalCore
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What coordination must not forget, in a file of its own, in JSON. One process at a time has it.
///
/// A new version is written beside the old one, forced to disk, and put in its place: after a crash the file is one or the other, whole.
final class StateFile: Sendable {
  /// What was in it when it was opened; empty when there was none.
  let memory: CoordinationMemory
  private let path: String
  private let cluster: String
  private let name: String
  /// Held until the file is let go of.
  private let lock: Mutex<Int32?>

  /// - Throws: `MeshError` with code `.invalidConfiguration` when it cannot be read or written, belongs to another node, or is in use.
  init(path: String, cluster: String, name: String) throws(MeshError) {
    self.path = path
    self.cluster = cluster
    self.name = name
    let descriptor = try Self.lock(path + ".lock", of: path)
    lock = Mutex(descriptor)
    do throws(MeshError) {
      memory = try Self.load(path, cluster: cluster, name: name)
      try Self.write(StoredCoordination(memory, cluster: cluster, name: name), to: path)
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Lets another process have the file; nothing is saved any more.
  func release() {
    lock.withLock { descriptor in
      if let open = descriptor { close(open) }
      descriptor = nil
    }
  }

  deinit { release() }

  /// Returns when it is safe from a crash.
  func save(_ memory: CoordinationMemory) throws(MeshError) {
    try Self.write(StoredCoordination(memory, cluster: cluster, name: name), to: path)
  }

  private static func lock(_ lockPath: String, of path: String) throws(MeshError) -> Int32 {
    let descriptor = unsafe open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path, "cannot be locked, since \(lockPath) cannot be opened") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let isHeld = errno == EWOULDBLOCK
      close(descriptor)
      guard isHeld else { throw failure(path, "cannot be locked") }
      throw MeshError(
        .invalidConfiguration, "the state file \(path) is in use by another process; give each node a file of its own")
    }
    return descriptor
  }

  private static func load(_ path: String, cluster: String, name: String) throws(MeshError) -> CoordinationMemory {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return CoordinationMemory() }
      throw failure(path, "cannot be read")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path, "cannot be read") }
      guard count > 0, bytes.count <= StoredCoordination.byteLimit else { break }
      bytes += chunk[..<count]
    }
    guard let stored = try? JSONDecoder().decode(StoredCoordination.self, from: Data(bytes)), let memory = stored.memory
    else {
      throw MeshError(
        .invalidConfiguration,
        "the state file \(path) is damaged, or of another version; put the right one in its place, or remove it if this node may "
          + "forget what it has promised")
    }
    guard stored.cluster == cluster, stored.name == name else {
      throw MeshError(
        .invalidConfiguration,
        "the state file \(path) belongs to \"\(stored.name)\" of the cluster \"\(stored.cluster)\", not to \"\(name)\" of \"\(cluster)\"; "
          + "give each node a file of its own")
    }
    return memory
  }

  private static func write(_ stored: StoredCoordination, to path: String) throws(MeshError) {
    let draft = path + ".new"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    guard let data = try? encoder.encode(stored) else { throw failure(path, "cannot be encoded") }
    let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path, "cannot be written: \(draft) cannot be created") }
    let isWritten = writeAll(Array(data), to: descriptor) && fsync(descriptor) == 0
    close(descriptor)
    guard isWritten, unsafe rename(draft, path) == 0 else { throw failure(path, "cannot be written") }
    // The new name must survive as well.
    let folder = unsafe open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw failure(path, "is in a folder that cannot be opened") }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw failure(path, "is in a folder that cannot be forced to disk") }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe systemWrite(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func failure(_ path: String, _ what: String) -> MeshError {
    let reason = unsafe String(cString: strerror(errno))
    return MeshError(
      .invalidConfiguration,
      "the state file \(path) \(what) (\(reason)); give one in a folder that this user may write to")
  }
}

/// The function of the system, which a method here hides.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
