// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that building Steward doesn't build it; it takes the library StewardCompute as anybody would.
let package = Package(
    name: "compute-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "steward", path: "../../..")],
    targets: [
        .executableTarget(
            name: "compute-driver", dependencies: [.product(name: "StewardCompute", package: "steward")],
            path: "Sources")
    ],
    swiftLanguageModes: [.v6]
)
