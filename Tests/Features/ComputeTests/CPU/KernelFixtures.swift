import Foundation
import StewardCompute
import Testing

/// The processor, kernels' sources and expected values for the tests of this folder.
enum Fixture {
    static let device: Device = {
        // Kept from run to run, and apart from the user's own.
        setenv("STEWARD_KERNEL_CACHE", NSTemporaryDirectory() + "/steward-test-kernels", 1)
        return try! Device.select(.cpu)
    }()

    /// The repository's folder.
    static let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(5).joined(separator: "/").dropFirst()

    static func example(_ name: String) throws -> KernelSource {
        KernelSource(
            try String(contentsOfFile: "\(root)/Examples/compute/\(name).cu", encoding: .utf8), file: "\(name).cu")
    }

    static func compile(_ text: String, file: String = "kernel.cu") throws -> Program {
        try device.compile(cuda: KernelSource(text, file: file))
    }

    /// Numbers that repeat from run to run, in -1..<1.
    static func numbers(_ count: Int, seed: UInt64 = 7) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
        }
    }

    /// The compilers that are here, for this machine.
    static let ownCompilers = {
        _ = device
        return ["clang++", "g++"].compactMap(HostCompiler.locate)
    }()

    /// And those for an emulated aarch64 processor, where there is one.
    static let compilers = ownCompilers + Emulator.compilers

    static func compile(_ text: String, file: String = "kernel.cu", with compiler: HostCompiler) throws -> Program {
        try compile(KernelSource(text, file: file), with: compiler)
    }

    static func compile(_ source: KernelSource, with compiler: HostCompiler) throws -> Program {
        let product = try KernelBuild.build(source, with: compiler)
        if compiler.foreign != nil, let emulator = Emulator.current {
            let compiled = try EmulatedProgram(product, source: source, emulator: emulator)
            return Program(compiled: compiled, source: source, device: device)
        }
        let compiled = try CPUProgram(product, source: source)
        return Program(compiled: compiled, source: source, device: device)
    }
}

extension HostCompiler: CustomTestStringConvertible {
    /// For the names of test cases.
    public var testDescription: String { foreign == nil ? family.rawValue : "\(family.rawValue) for aarch64" }
}
