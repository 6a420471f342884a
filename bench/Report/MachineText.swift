import Foundation

/// The machine that a bench ran on, in one line.
enum MachineText {
  static var current: String {
    let info = ProcessInfo.processInfo
    let memory = (Double(info.physicalMemory) / 1_073_741_824).rounded()
    return [
      info.operatingSystemVersionString, processor, "\(info.activeProcessorCount) cores", "\(Int(memory)) GiB",
    ].compactMap(\.self).joined(separator: ", ")
  }

  /// The processor's own name, where the system tells it in a file.
  private static var processor: String? {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
