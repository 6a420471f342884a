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
  products: [
    .library(name: "Shoal", targets: ["Shoal"]),
    .library(name: "ShoalSimulator", targets: ["ShoalSimulator"]),
    .executable(name: "shoal", targets: ["ShoalCLI"]),
    .executable(name: "shoal-bench", targets: ["ShoalBench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", exact: "1.7.3"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
  ],
  targets: [
    .systemLibrary(
      name: "CSodium",
      pkgConfig: "libsodium",
      providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]
    ),
    .target(name: "ShoalCore", swiftSettings: coreSettings),
    .target(name: "ShoalSecurity", dependencies: ["CSodium", "ShoalCore"], swiftSettings: settings),
    .target(
      name: "Shoal",
      dependencies: [
        "ShoalCore", "ShoalSecurity",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "ShoalAdmin",
      dependencies: [
        "Shoal", "ShoalCore",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "ShoalSimulator",
      dependencies: ["ShoalCore", "ShoalSecurity"],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "ShoalCLI",
      dependencies: [
        "Shoal", "ShoalAdmin", "ShoalCore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "ShoalBench",
      dependencies: [
        "Shoal", "ShoalCore", "ShoalSecurity", "ShoalSimulator", "AllocationCounter", "EngineWorkload",
        "Programs",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "bench",
      exclude: ["results", "rivals"],
      swiftSettings: settings
    ),
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .target(name: "Programs", path: "Tests/Programs", swiftSettings: settings),
    .target(
      name: "EngineWorkload", dependencies: ["ShoalCore"], path: "Tests/EngineWorkload", swiftSettings: settings
    ),
    .executableTarget(
      name: "AllocationProbe", dependencies: ["AllocationCounter", "EngineWorkload", "ShoalCore"],
      path: "Tests/Allocations",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "FencingWorker",
      dependencies: ["Shoal", "ShoalCore", .product(name: "Logging", package: "swift-log")],
      path: "Tests/FencingWorker",
      swiftSettings: settings
    ),
    .testTarget(name: "ShoalCoreTests", dependencies: ["ShoalCore", "ShoalSimulator"], swiftSettings: settings),
    .testTarget(
      name: "ShoalSecurityTests", dependencies: ["ShoalSecurity", "ShoalCore", "CSodium"],
      resources: [.copy("Vectors")],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ShoalSimulatorTests", dependencies: ["ShoalSimulator", "ShoalCore"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ShoalBenchTests",
      dependencies: [
        "ShoalBench", "Shoal", "ShoalCore", "ShoalSecurity", "ShoalSimulator", "Programs",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ShoalTests",
      dependencies: [
        "Shoal", "ShoalCore", "ShoalSecurity",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ShoalAdminTests",
      dependencies: ["ShoalAdmin", "Shoal", "ShoalCore", "Programs", .product(name: "Logging", package: "swift-log")],
      swiftSettings: settings
    ),
  ]
)
