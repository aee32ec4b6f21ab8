// swift-tools-version: 6.1
import PackageDescription

/// Every target builds with the same upcoming features; see CONTRIBUTING.md.
let swift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Without MemberImportVisibility: swift-certificates imports CoreFoundation, and the compiler then takes the types of
/// stat(2) for members of whichever module it happened to load first.
let swiftWithX509: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

let nioHTTP: [Target.Dependency] = nio + [.product(name: "NIOHTTP1", package: "swift-nio")]

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "steward",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "steward", targets: ["steward"]),
        .executable(name: "steward-launch", targets: ["steward-launch"]),
        .library(name: "StewardCompute", targets: ["StewardCompute"]),
        .library(name: "StewardTraining", targets: ["StewardTraining"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Base
        .target(name: "CLinux", path: "Sources/Base/CLinux"),
        .systemLibrary(name: "CUnbound", path: "Sources/Base/CUnbound", providers: [.apt(["libunbound-dev"])]),
        .target(name: "StewardCore", path: "Sources/Base/Core", swiftSettings: swift),
        .target(
            name: "StewardSettings",
            dependencies: ["StewardCore", .product(name: "Yams", package: "Yams")],
            path: "Sources/Base/Settings", swiftSettings: swift),
        .target(
            name: "StewardTelemetry", dependencies: ["StewardCore", log],
            path: "Sources/Base/Telemetry", swiftSettings: swift),
        .target(
            name: "StewardDatabase",
            dependencies: ["StewardCore", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Sources/Base/Database", swiftSettings: swift),

        // Features
        .target(
            name: "StewardAccess",
            dependencies: [
                "StewardCore", "StewardSettings", "StewardDatabase", "CLinux",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Sources/Features/Access", swiftSettings: swift),
        .target(name: "CSandbox", path: "Sources/Features/CSandbox"),
        .target(
            name: "StewardSandbox", dependencies: ["StewardCore", "StewardSettings", "CSandbox", "CLinux"],
            path: "Sources/Features/Sandbox", swiftSettings: swift),
        .target(
            name: "StewardScripts",
            dependencies: [
                "StewardCore", "StewardSettings", "StewardTelemetry", "StewardSandbox", "CLinux", log,
                .product(name: "Crypto", package: "swift-crypto"),
            ] + nio,
            path: "Sources/Features/Scripts", swiftSettings: swift),
        .target(
            name: "StewardProbe",
            dependencies: [
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ] + nio,
            path: "Sources/Features/Probe", swiftSettings: swift),
        .target(
            name: "StewardCertificates",
            dependencies: [
                "StewardCore", "StewardSettings", "StewardProbe", "StewardDNS", "CLinux",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Sources/Features/Certificates", swiftSettings: swift),
        .target(
            name: "StewardDNS",
            dependencies: [
                "StewardCore", "CLinux", "CUnbound", .product(name: "Crypto", package: "swift-crypto"),
            ] + nio,
            path: "Sources/Features/DNS", swiftSettings: swift),
        .target(
            name: "StewardDANE",
            dependencies: [
                "StewardCore", "StewardSettings", "StewardDNS", "StewardProbe", "StewardCertificates", "CLinux",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "_CryptoExtras", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Sources/Features/DANE", swiftSettings: swiftWithX509),
        .target(
            name: "CCompute", path: "Sources/Features/CCompute"),
        .target(
            name: "StewardCompute", dependencies: ["CCompute", .product(name: "Crypto", package: "swift-crypto")],
            path: "Sources/Features/Compute", swiftSettings: swift),
        .target(
            name: "StewardTraining", dependencies: ["CCompute", "StewardCompute"],
            path: "Sources/Features/Training", swiftSettings: swift),
        .target(
            name: "StewardGPU", dependencies: ["StewardCore", "StewardSettings", "CLinux"],
            path: "Sources/Features/GPU", swiftSettings: swift),

        // Surfaces
        .target(
            name: "StewardAPI", dependencies: ["StewardCore"],
            path: "Sources/Surfaces/API", swiftSettings: swift),
        .target(
            name: "StewardEdge",
            dependencies: [
                "StewardCore", "StewardSettings", "StewardTelemetry", "CLinux", log,
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ] + nioHTTP,
            path: "Sources/Surfaces/Edge", swiftSettings: swiftWithX509),

        // App
        .target(
            name: "StewardHelper",
            dependencies: [
                "StewardCore", "StewardSettings", "StewardDatabase", "StewardAccess", "StewardCertificates",
                "StewardDNS", "StewardDANE", "StewardAPI", "CLinux", log,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ] + nio,
            path: "Sources/App/Helper", swiftSettings: swiftWithX509),
        .target(
            name: "StewardServer",
            dependencies: [
                "StewardCore", "StewardSettings", "StewardTelemetry", "StewardDatabase", "StewardAccess",
                "StewardScripts", "StewardSandbox", "StewardCertificates", "StewardDNS", "StewardDANE", "StewardHelper",
                "StewardAPI",
                "StewardCompute", "StewardTraining", "StewardGPU", "StewardEdge", "CLinux", log,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + nioHTTP,
            path: "Sources/App/Server", swiftSettings: swiftWithX509),
        .target(
            name: "StewardCommandLine",
            dependencies: [
                "StewardServer", "StewardCore", "StewardSettings", "StewardTelemetry", "StewardDatabase",
                "StewardAccess", "StewardScripts", "StewardSandbox", "StewardProbe", "StewardCertificates",
                "StewardDNS", "StewardDANE",
                "StewardHelper", "StewardAPI", "StewardEdge", "StewardCompute", "StewardTraining", "StewardGPU",
                "CLinux", log,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + nioHTTP,
            path: "Sources/App/CommandLine", swiftSettings: swiftWithX509),
        .executableTarget(
            name: "steward",
            dependencies: [
                "StewardCommandLine", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/App/steward", swiftSettings: swift),

        // Without Swift's start-up code, and by linking.c without Swift's libraries.
        .executableTarget(
            name: "steward-launch", dependencies: ["CSandbox"], path: "Sources/App/steward-launch",
            linkerSettings: [.unsafeFlags(["-nostartfiles"])]),

        // What the crash sweep of Benchmarks/certificates starts and kills.
        .executableTarget(
            name: "removal-driver", dependencies: ["StewardCertificates"],
            path: "Tests/Support/RemovalDriver", swiftSettings: swift),

        // What Benchmarks/access measures.
        .executableTarget(
            name: "access-bench", dependencies: ["StewardAccess"], path: "Tests/Support/AccessBench",
            swiftSettings: swift),

        // Tests mirror Sources.
        .testTarget(
            name: "StewardCoreTests", dependencies: ["StewardCore"],
            path: "Tests/Base/CoreTests", swiftSettings: swift),
        .testTarget(
            name: "StewardSettingsTests", dependencies: ["StewardSettings", "StewardServer"],
            path: "Tests/Base/SettingsTests", swiftSettings: swiftWithX509),
        .testTarget(
            name: "StewardTelemetryTests", dependencies: ["StewardTelemetry"],
            path: "Tests/Base/TelemetryTests", swiftSettings: swift),
        .testTarget(
            name: "StewardAccessTests",
            dependencies: ["StewardAccess", "StewardCore", "StewardDatabase", "StewardSettings"],
            path: "Tests/Features/AccessTests", exclude: ["forwarded.tsv"], swiftSettings: swift),
        .testTarget(
            name: "StewardScriptsTests", dependencies: ["StewardCore", "StewardScripts"] + nio,
            path: "Tests/Features/ScriptsTests", swiftSettings: swift),
        .testTarget(
            name: "StewardSandboxTests",
            dependencies: ["StewardSandbox", "StewardSettings", "CSandbox", "CLinux", "steward-launch"],
            path: "Tests/Features/SandboxTests", swiftSettings: swift),
        .testTarget(
            name: "StewardProbeTests",
            dependencies: ["StewardProbe", .product(name: "NIOSSL", package: "swift-nio-ssl")] + nio,
            path: "Tests/Features/ProbeTests", swiftSettings: swift),
        .testTarget(
            name: "StewardCertificatesTests",
            dependencies: [
                "StewardCertificates", "StewardProbe", "StewardDNS", "CLinux",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Tests/Features/CertificatesTests", swiftSettings: swift),
        .testTarget(
            name: "StewardDNSTests",
            dependencies: ["StewardDNS", .product(name: "Crypto", package: "swift-crypto")] + nio,
            path: "Tests/Features/DNSTests", swiftSettings: swift),
        .testTarget(
            name: "StewardDANETests",
            dependencies: [
                "StewardDANE", "StewardDNS", "StewardProbe", "StewardCertificates", "StewardSettings", "CLinux",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Tests/Features/DANETests", swiftSettings: swiftWithX509),
        .testTarget(
            name: "StewardComputeTests", dependencies: ["StewardCompute", "CCompute"],
            path: "Tests/Features/ComputeTests", swiftSettings: swift),
        .testTarget(
            name: "StewardTrainingTests", dependencies: ["StewardTraining", "StewardCompute", "CCompute"],
            path: "Tests/Features/TrainingTests", exclude: ["goldens"], swiftSettings: swift),
        .testTarget(
            name: "StewardGPUTests", dependencies: ["StewardGPU", "StewardCore", "StewardSettings", "CLinux"],
            path: "Tests/Features/GPUTests", swiftSettings: swift),
        .testTarget(
            name: "StewardCommandLineTests",
            dependencies: [
                "StewardCommandLine", "StewardServer", "StewardHelper", "StewardAPI", "StewardCore", "StewardEdge",
                "StewardAccess", "StewardDatabase", "StewardSettings", "StewardDNS", "StewardDANE", "StewardGPU",
                "StewardTraining", log, .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + nioHTTP,
            path: "Tests/App/CommandLineTests", swiftSettings: swiftWithX509),
        .testTarget(
            name: "StewardHelperTests",
            dependencies: [
                "StewardHelper", "StewardCore", "StewardCertificates", "StewardDNS", "StewardDANE", "StewardAPI",
                "StewardAccess", "StewardDatabase", log,
            ] + nio,
            path: "Tests/App/HelperTests", swiftSettings: swiftWithX509),
        .testTarget(
            name: "StewardEdgeTests",
            dependencies: [
                "StewardCore", "StewardEdge", "StewardSettings", .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
            ] + nioHTTP,
            path: "Tests/Surfaces/EdgeTests", swiftSettings: swift),
    ],
    swiftLanguageModes: [.v6]
)
