// swift-tools-version: 6.2
import PackageDescription

/// Continuous integration sets SHOAL_WARNINGS_AS_ERRORS; dependants never inherit it.
let warningsAsErrors = Context.environment["SHOAL_WARNINGS_AS_ERRORS"] != nil

let settings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
  ] + (warningsAsErrors ? [.treatAllWarnings(as: .error)] : [])

/// Only the core's ByteReader holds a span, so only the core needs lifetime annotations.
let coreSettings = settings + [.enableExperimentalFeature("Lifetimes")]

let package = Package(
  name: "shoal",
  platforms: [.macOS(.v15)],
  targets: [
    .target(name: "ShoalCore", swiftSettings: coreSettings),
    .testTarget(name: "ShoalCoreTests", dependencies: ["ShoalCore"], swiftSettings: settings),
  ]
)
