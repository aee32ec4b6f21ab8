// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "training-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "steward", path: "../../..")],
    targets: [
        .executableTarget(
            name: "training-driver",
            dependencies: [
                .product(name: "StewardTraining", package: "steward"),
                .product(name: "StewardCompute", package: "steward"),
            ],
            path: "Sources")
    ])
