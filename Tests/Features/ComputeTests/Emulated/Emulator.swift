import Foundation
import StewardCompute

/// An aarch64 processor that QEMU makes for a process, and `Tests/Support/KernelHost`, compiled for it with CCompute.
final class Emulator: Sendable {
    /// Nil where a tool is missing; ``absence`` says which.
    static let current: Emulator? = absence == nil ? Emulator() : nil

    /// What is missing on this machine.
    static let absence: String? = {
        let missing = ["qemu-aarch64-static", "aarch64-linux-gnu-g++", "clang"].filter {
            HostCompiler.locate($0) == nil
        }
        return missing.isEmpty
            ? nil : "\(missing.joined(separator: ", ")) not found: tools/setup --tests installs what runs aarch64"
    }()

    /// Compilers of kernels for it: g++ for every processor of that kind, clang for a recent one with SVE and LSE.
    static let compilers: [HostCompiler] = {
        guard current != nil else { return [] }
        return [
            HostCompiler.locate("aarch64-linux-gnu-g++")?.aiming(with: []),
            HostCompiler.locate("clang++")?.aiming(with: ["--target=aarch64-linux-gnu", "-mcpu=neoverse-v1"]),
        ].compactMap { $0 }
    }()

    private static let root = "/usr/aarch64-linux-gnu"
    private let folder = Tool.scratch("kernel-host")
    private let host: Result<String, EmulatorFailure>
    /// The same program for this machine, to compare with.
    private let ownHost: Result<String, EmulatorFailure>

    private init() {
        host = Self.build("\(folder)/host-aarch64", ["--target=aarch64-linux-gnu"])
        ownHost = Self.build("\(folder)/host", [])
    }

    private static func build(_ path: String, _ options: [String]) -> Result<String, EmulatorFailure> {
        let sources =
            CUDALibraryPaths.glob("\(Tool.root)/Sources/Features/CCompute/*/*.c")
            + CUDALibraryPaths.glob("\(Tool.root)/Tests/Support/KernelHost/*.c")
        let words =
            ["clang"] + options + ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror"]
            + ["-I\(Tool.root)/Sources/Features/CCompute/include", "-o", path] + sources
            + ["-fuse-ld=lld", "-lm", "-pthread", "-ldl"]
        guard let run = EmulatedRun(words, [:]), run.status == 0 else {
            return .failure(EmulatorFailure(description: "\(path) does not compile"))
        }
        return .success(path)
    }

    /// Runs the program on the emulated processor, or on this one.
    func run(
        _ words: [String], environment: [String: String] = [:], pageSize: Int = 4096, isOwn: Bool = false
    ) throws -> EmulatedRun {
        let program =
            isOwn
            ? [try ownHost.get()]
            : [
                "qemu-aarch64-static", "-cpu", "max,pauth-impdef=on", "-p", "\(pageSize)", "-L", Self.root,
                try host.get(),
            ]
        guard let run = EmulatedRun(program + words, environment) else {
            throw EmulatorFailure(description: "\(program[0]) can't be started")
        }
        return run
    }

    /// A new file with these bytes.
    func file(_ bytes: some Sequence<UInt8>) throws -> String {
        let path = "\(folder)/\(UUID().uuidString)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }
}

/// Why the emulator is of no use.
struct EmulatorFailure: Error, CustomStringConvertible {
    var description: String
}

/// How a program ended and what it said.
struct EmulatedRun {
    var status: Int32
    var output: [UInt8]
    var complaint: String

    var text: String { String(decoding: output, as: UTF8.self) }

    /// Nil where it can't be started.
    init?(_ words: [String], _ environment: [String: String]) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, complaint) = (Self.file(), Self.file())
        guard let output, let complaint else { return nil }
        (process.standardOutput, process.standardError) = (output, complaint)
        guard (try? process.run()) != nil else { return nil }
        process.waitUntilExit()
        status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        self.output = Self.bytes(of: output)
        self.complaint = String(decoding: Self.bytes(of: complaint), as: UTF8.self)
        if status == 127 { return nil }
    }

    private static func file() -> FileHandle? {
        guard let file = tmpfile() else { return nil }
        let descriptor = dup(fileno(file))
        fclose(file)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private static func bytes(of file: FileHandle) -> [UInt8] {
        try? file.seek(toOffset: 0)
        return (try? file.readToEnd()).map { Array($0) } ?? []
    }
}
