import ArgumentParser
import Foundation
import StewardAPI
import StewardCompute
import StewardServer

/// A kernel and its launch, as every command about one kernel takes them.
struct LaunchOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The kernel's source, CUDA C; - for standard input.", valueName: "file"))
    var file: String

    @Option(
        help: ArgumentHelp(
            "The kernel, where the file has more than one; a template with its arguments, like 'k<float, 4>'.",
            valueName: "NAME"))
    var kernel: String?

    @Option(help: ArgumentHelp("Blocks: 4096, 16x16 or 8x8x4.", valueName: "SIZE"))
    var grid: ComputeSize = ComputeSize(1)

    @Option(help: ArgumentHelp("Threads a block: 256, 16x16 or 8x8x4.", valueName: "SIZE"))
    var block: ComputeSize = ComputeSize(256)

    @Option(help: ArgumentHelp("Bytes of dynamic shared memory a block.", valueName: "BYTES"))
    var shared = 0

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The kernel's arguments, in order or by name: a=2.0 x=float[1000]:iota y=random:7 z=@cells.npy. Negative numbers by name.",
            valueName: "ARGUMENT"))
    var args: [String] = []

    @Option(
        name: .customLong("n"),
        help: ArgumentHelp(
            "What sizes (n, count, ...) are and how long buffers are that say nothing else.",
            discussion: "Without it a cell for each thread.", valueName: "NUMBER"))
    var count: Int?

    @Option(name: .customLong("define"), help: ArgumentHelp("A preprocessor definition.", valueName: "NAME=VALUE"))
    var defines: [String] = []

    func validate() throws {
        guard shared >= 0 else { throw ValidationError("--shared: bytes are 0 or more.") }
        if let count, count < 0 { throw ValidationError("--n: cells are 0 or more.") }
    }

    /// The launch as a request.
    func request() throws -> ComputeRun {
        var request = ComputeRun(
            source: try KernelFile(file).text(), file: KernelFile(file).name, grid: grid, block: block)
        request.kernel = kernel
        request.shared = shared
        request.args = args.flatMap { $0.contains(where: \.isWhitespace) ? LaunchArgumentParser.split($0) : [$0] }
            .map(Self.absolute)
        request.n = count
        request.defines = KernelFile.definitions(defines)
        return request
    }

    /// `x=@cells.npy` with the file's path from the root: the child works elsewhere.
    private static func absolute(_ argument: String) -> String {
        guard let sign = argument.firstIndex(of: "@") else { return argument }
        let path = String(argument[argument.index(after: sign)...])
        return String(argument[...sign]) + SettingsPath.absolute(path, from: FileManager.default.currentDirectoryPath)
    }

    /// The command that finds a fault's line.
    var checking: String {
        var words = ["steward compute check", file]
        if let kernel { words += ["--kernel", kernel.contains("<") ? "'\(kernel)'" : kernel] }
        words += ["--grid", "\(grid)", "--block", "\(block)"]
        if shared > 0 { words += ["--shared", "\(shared)"] }
        if let count { words += ["--n", "\(count)"] }
        for define in defines { words += ["--define", define] }
        if !args.isEmpty { words += ["--args"] + args.map { $0.contains(where: \.isWhitespace) ? "'\($0)'" : $0 } }
        return "`\(words.joined(separator: " "))`"
    }
}

/// How long and where.
struct DeviceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("auto (a GPU if there is one), cpu, cuda or cuda:NUMBER.", valueName: "DEVICE"))
    var device = "auto"

    @Option(help: ArgumentHelp("How long the kernel may run: 500ms, 10s, 5m.", valueName: "TIME"))
    var deadline: ComputeTime = ComputeTime(seconds: 10)

    func validate() throws {
        do throws(ComputeError) { _ = try Device.Wish(device) } catch {
            throw ValidationError("--device: \(error.message)")
        }
    }
}

extension ComputeSize: ExpressibleByArgument {
    /// From `4096`, `16x16` or `8x8x4`.
    public init?(argument: String) { self.init(argument) }
}

extension ComputeTime: ExpressibleByArgument {
    /// From `500ms`, `10s` or `5m`.
    public init?(argument: String) { self.init(argument) }

    /// As it is written.
    public var defaultValueDescription: String {
        seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s"
    }
}
