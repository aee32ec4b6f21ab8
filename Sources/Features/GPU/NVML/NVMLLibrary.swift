import Glibc

/// `libnvidia-ml.so.1`, opened at run time. The functions that it has, with the types of nvml.h.
struct NVMLLibrary {
    typealias Device = OpaquePointer

    /// nvmlMemory_t.
    struct Memory {
        var total: UInt64 = 0
        var free: UInt64 = 0
        var used: UInt64 = 0
    }

    /// nvmlUtilization_t, in percent.
    struct Utilization {
        var gpu: UInt32 = 0
        var memory: UInt32 = 0
    }

    /// nvmlProcessInfo_t of the second and third version of the functions that fill it: 24 bytes.
    struct ProcessInfo {
        var pid: UInt32 = 0
        var usedGPUMemory: UInt64 = 0
        var gpuInstance: UInt32 = 0
        var computeInstance: UInt32 = 0
    }

    typealias Plain = @convention(c) () -> UInt32
    typealias Number = @convention(c) (Device, UnsafeMutablePointer<UInt32>) -> UInt32
    typealias Text = @convention(c) (Device, UnsafeMutablePointer<CChar>, UInt32) -> UInt32

    let initialize: Plain
    let shutdown: Plain
    let count: @convention(c) (UnsafeMutablePointer<UInt32>) -> UInt32
    let handle: @convention(c) (UInt32, UnsafeMutablePointer<Device?>) -> UInt32
    let uuid: Text
    let name: Text
    let memory: @convention(c) (Device, UnsafeMutableRawPointer) -> UInt32
    let minor: Number?
    let utilization: (@convention(c) (Device, UnsafeMutableRawPointer) -> UInt32)?
    let temperature: (@convention(c) (Device, UInt32, UnsafeMutablePointer<UInt32>) -> UInt32)?
    let power: Number?
    let processes: (@convention(c) (Device, UnsafeMutablePointer<UInt32>, UnsafeMutableRawPointer?) -> UInt32)?
    let partMode: (@convention(c) (Device, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>) -> UInt32)?
    let partLimit: Number?
    let part: (@convention(c) (Device, UInt32, UnsafeMutablePointer<Device?>) -> UInt32)?
    let gpuInstance: Number?
    let computeInstance: Number?
    let errorString: (@convention(c) (UInt32) -> UnsafePointer<CChar>?)?
    let driverVersion: (@convention(c) (UnsafeMutablePointer<CChar>, UInt32) -> UInt32)?

    /// Opens the library at `path`, or where the loader finds it. It stays open: drivers don't bear being unloaded.
    init(path: String?) throws(NVMLAbsence) {
        let name = path ?? "libnvidia-ml.so.1"
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            throw .noLibrary(dlerror().map { String(cString: $0) } ?? name)
        }
        func find<Function>(_ symbol: String, as type: Function.Type) -> Function? {
            dlsym(library, symbol).map { unsafeBitCast($0, to: type) }
        }
        func need<Function>(_ symbol: String, as type: Function.Type) throws(NVMLAbsence) -> Function {
            guard let found = find(symbol, as: type) else { throw .tooOld(library: name, function: symbol) }
            return found
        }
        typealias Fill = @convention(c) (Device, UnsafeMutableRawPointer) -> UInt32
        typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>) -> UInt32
        typealias Handle = @convention(c) (UInt32, UnsafeMutablePointer<Device?>) -> UInt32
        typealias Sensor = @convention(c) (Device, UInt32, UnsafeMutablePointer<UInt32>) -> UInt32
        typealias List = @convention(c) (Device, UnsafeMutablePointer<UInt32>, UnsafeMutableRawPointer?) -> UInt32
        initialize = try need("nvmlInit_v2", as: Plain.self)
        shutdown = try need("nvmlShutdown", as: Plain.self)
        count = try need("nvmlDeviceGetCount_v2", as: Count.self)
        handle = try need("nvmlDeviceGetHandleByIndex_v2", as: Handle.self)
        uuid = try need("nvmlDeviceGetUUID", as: Text.self)
        self.name = try need("nvmlDeviceGetName", as: Text.self)
        memory = try need("nvmlDeviceGetMemoryInfo", as: Fill.self)
        minor = find("nvmlDeviceGetMinorNumber", as: Number.self)
        utilization = find("nvmlDeviceGetUtilizationRates", as: Fill.self)
        temperature = find("nvmlDeviceGetTemperature", as: Sensor.self)
        power = find("nvmlDeviceGetPowerUsage", as: Number.self)
        processes =
            find("nvmlDeviceGetComputeRunningProcesses_v3", as: List.self)
            ?? find("nvmlDeviceGetComputeRunningProcesses_v2", as: List.self)
        partMode = find(
            "nvmlDeviceGetMigMode",
            as: (@convention(c) (Device, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>) -> UInt32).self)
        partLimit = find("nvmlDeviceGetMaxMigDeviceCount", as: Number.self)
        part = find(
            "nvmlDeviceGetMigDeviceHandleByIndex",
            as: (@convention(c) (Device, UInt32, UnsafeMutablePointer<Device?>) -> UInt32).self)
        gpuInstance = find("nvmlDeviceGetGpuInstanceId", as: Number.self)
        computeInstance = find("nvmlDeviceGetComputeInstanceId", as: Number.self)
        errorString = find("nvmlErrorString", as: (@convention(c) (UInt32) -> UnsafePointer<CChar>?).self)
        driverVersion = find(
            "nvmlSystemGetDriverVersion", as: (@convention(c) (UnsafeMutablePointer<CChar>, UInt32) -> UInt32).self)
    }

    /// The library's own words for a code.
    func words(_ code: NVMLCode) -> String {
        errorString.flatMap { $0(code.rawValue) }.map { String(cString: $0) } ?? code.name
    }
}
