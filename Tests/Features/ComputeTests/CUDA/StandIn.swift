import Glibc
import StewardCompute
import Testing

/// NVIDIA's driver, compiler and cuBLAS as Tests/Support/StandInCUDA has them, built once for this process.
final class StandIn: @unchecked Sendable {
    static let shared = StandIn()

    private static let folder = Tool.scratch("stand-in-cuda")
    private let functions: Functions
    let path: String

    /// What is alive, in the order of `standin_kind`.
    private static let kinds = [
        "memory", "host memory", "streams", "events", "modules", "contexts", "graphs", "executables", "programs",
        "handles",
    ]

    struct Settings {
        var devices: Int32 = 1
        var major: Int32 = 9
        var minor: Int32 = 0
        var memory = 1 << 30
        var immediate: Int32 = 0
        var delay: Int32 = 0
        var start: Int32 = 0
        var maxThreads: Int32 = 1024
        var registers: Int32 = 32
        var parts: Int32 = 0
    }

    private init() {
        path = Self.build("libcuda.so.1", [])
        functions = Functions(path)
        var runner = KernelRunner.table
        functions.setRunner(&runner)
    }

    /// The path of a stand-in that was compiled with these options.
    static func build(_ name: String, _ options: [String]) -> String {
        let sources = CUDALibraryPaths.glob("\(Tool.root)/Tests/Support/StandInCUDA/*.c")
        let path = "\(folder)/\(name)"
        guard access(path, R_OK) != 0 else { return path }
        mkdir(path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }, 0o700)
        let status = Tool.run(
            ["cc", "-std=gnu11", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-pthread", "-o", path] + options
                + sources)
        precondition(status == 0, "the stand-in does not compile")
        return path
    }

    /// As after a reset, with these settings; the libraries are opened anew.
    func libraries(
        _ settings: Settings = Settings(), compiler: String? = nil, products: String? = nil, keepingFaults: Bool = false
    ) -> CUDALibraries {
        functions.reset(keepingFaults ? 1 : 0)
        configure(settings)
        return CUDALibraries(
            paths: CUDALibraryPaths(driver: [path], compiler: [compiler ?? path], products: [products ?? path]))
    }

    func configure(_ settings: Settings) {
        var settings = settings
        functions.configure(&settings)
    }

    /// The first GPU, with no cache of compiled kernels unless a folder is named.
    func device(
        _ settings: Settings = Settings(), cache: String? = nil, keepingFaults: Bool = false
    ) throws -> Device {
        let backends = try CUDABackend.all(
            libraries(settings, keepingFaults: keepingFaults), cache: CompiledCodeCache(folder: cache))
        return Device(backend: backends[0])
    }

    func fail(call number: Int, code: Int32) { functions.failCall(Int32(number), code) }
    func fail(_ function: String, call number: Int = 1, code: Int32) {
        functions.failFunction(function, Int32(number), code)
    }
    func fault(work number: Int, code: Int32) { functions.faultWork(Int32(number), code) }

    func clearFaults() { functions.reset(0) }
    /// Pieces of work since the reset.
    var workBegun: Int { Int(functions.workDone()) }
    /// Counts what is alive from zero: after a fault that kept something from being given back.
    func forget() { functions.forget() }

    /// The driver's functions that have been called since the reset, in order.
    var calls: [String] {
        (0..<functions.calls()).map { String(cString: functions.callName($0 + 1)) }
    }

    /// What has not been given back.
    var alive: [String: Int] {
        var alive: [String: Int] = [:]
        for (kind, name) in Self.kinds.enumerated() where functions.alive(Int32(kind)) != 0 {
            alive[name] = functions.alive(Int32(kind))
        }
        return alive
    }

    private struct Functions {
        let reset: @convention(c) (Int32) -> Void
        let forget: @convention(c) () -> Void
        let workDone: @convention(c) () -> Int32
        let configure: @convention(c) (UnsafeMutableRawPointer) -> Void
        let setRunner: @convention(c) (UnsafeMutableRawPointer) -> Void
        let failCall: @convention(c) (Int32, Int32) -> Void
        let failFunction: @convention(c) (UnsafePointer<CChar>, Int32, Int32) -> Void
        let faultWork: @convention(c) (Int32, Int32) -> Void
        let calls: @convention(c) () -> Int32
        let callName: @convention(c) (Int32) -> UnsafePointer<CChar>
        let alive: @convention(c) (Int32) -> Int

        init(_ path: String) {
            var reason = ""
            guard let library = SharedLibrary(path, reason: &reason) else { fatalError(reason) }
            reset = library.symbol("standin_reset")!
            forget = library.symbol("standin_forget")!
            workDone = library.symbol("standin_work_done")!
            configure = library.symbol("standin_configure")!
            setRunner = library.symbol("standin_set_runner")!
            failCall = library.symbol("standin_fail_call")!
            failFunction = library.symbol("standin_fail_function")!
            faultWork = library.symbol("standin_fault_work")!
            calls = library.symbol("standin_calls")!
            callName = library.symbol("standin_call_name")!
            alive = library.symbol("standin_alive")!
        }
    }
}
