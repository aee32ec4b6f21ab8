import Glibc
import Synchronization

extension CUDABackend {
    private static let known = Mutex<[CUDABackend]?>(nil)

    /// Under which numbers the visible GPUs are known, as in `3` or `1,3`, where `CUDA_VISIBLE_DEVICES` shows some alone: set
    /// by whoever chose them. Without it they count from 0.
    package static let numbersVariable = "STEWARD_CUDA_NUMBERS"

    /// The GPU with this number among those that `CUDA_VISIBLE_DEVICES` shows; nil: the first of them.
    /// - Throws: ``ComputeError/Code/deviceUnavailable`` with why no GPU can be used, or which there are.
    package static func open(_ number: Int?) throws(ComputeError) -> any Backend {
        try open(number, among: system())
    }

    /// Every GPU that can be used, or why none can.
    package static func survey() -> (backends: [any Backend], absences: [DeviceAbsence]) {
        do throws(DeviceAbsence) { return (try system(), []) } catch { return ([], [error]) }
    }

    /// The same objects each time: streams and memory of one device are usable together.
    private static func system() throws(DeviceAbsence) -> [CUDABackend] {
        try known.withLock { (known) throws(DeviceAbsence) in
            if let known { return known }
            // Else CUDA counts the fastest first, which nothing else does.
            setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 0)
            let backends = try all(.system, numbers: getenv(numbersVariable).map { String(cString: $0) })
            known = backends
            return backends
        }
    }

    private static func open(
        _ number: Int?, among backends: @autoclosure () throws(DeviceAbsence) -> [CUDABackend]
    ) throws(ComputeError) -> CUDABackend {
        let found: [CUDABackend]
        do throws(DeviceAbsence) { found = try backends() } catch {
            throw ComputeError(.deviceUnavailable, "No GPU can be used: \(error.sentence)")
        }
        guard let number else { return found[0] }
        guard let device = found.first(where: { $0.info.id == "cuda:\(number)" }) else {
            let known = found.map(\.info.id).joined(separator: ", ")
            throw ComputeError(
                .deviceUnavailable, "There is no cuda:\(number): \(known) \(found.count == 1 ? "is" : "are") visible.")
        }
        return device
    }

    /// One backend for each GPU that the driver shows.
    /// - Throws: why there is none.
    package static func all(
        _ libraries: CUDALibraries, cache: CompiledCodeCache = .user, numbers: String? = nil
    ) throws(DeviceAbsence) -> [CUDABackend] {
        let driver = try libraries.driver()
        var count: Int32 = 0
        try CUDADeviceFacts.check("cuDeviceGetCount", driver.deviceCount(&count), driver)
        guard count > 0 else { throw CUDADeviceFacts.absence("cuDeviceGetCount", CUDAStatus.noDevice, driver) }
        let known = numbers.map { $0.split(separator: ",").map { Int($0) } } ?? []
        var backends: [CUDABackend] = []
        for ordinal in 0..<Int(count) {
            let number = known.count == Int(count) ? known[ordinal] ?? ordinal : ordinal
            let facts = try CUDADeviceFacts(ordinal: Int32(ordinal), number: number, driver: driver)
            backends.append(CUDABackend(facts, driver: driver, libraries: libraries, cache: cache))
        }
        return backends
    }
}

/// What the driver says of a device before anything is done with it.
struct CUDADeviceFacts {
    let device: Int32
    let capability: Int
    let info: DeviceInfo

    /// The driver's device `ordinal`, known as `number`.
    init(ordinal: Int32, number: Int, driver: CUDADriver) throws(DeviceAbsence) {
        var device: Int32 = 0
        try Self.check("cuDeviceGet", driver.device(&device, ordinal), driver)
        let handle = device
        func attribute(_ attribute: Attribute) throws(DeviceAbsence) -> Int {
            var value: Int32 = 0
            try Self.check(
                "cuDeviceGetAttribute", driver.deviceAttribute(&value, attribute.rawValue, handle), driver)
            return Int(value)
        }
        let (major, minor) = (try attribute(.capabilityMajor), try attribute(.capabilityMinor))
        var memory = 0
        try Self.check("cuDeviceTotalMem_v2", driver.deviceMemory(&memory, device), driver)
        self.device = device
        capability = major * 10 + minor
        let version = driver.cudaVersion
        let name = try Self.name(device, driver)
        info = DeviceInfo(
            kind: .cuda, id: "cuda:\(number)", name: name,
            multiprocessors: try attribute(.multiprocessors), memory: memory,
            maxThreadsPerBlock: try attribute(.threadsPerBlock),
            maxBlock: Dim3(try attribute(.blockX), try attribute(.blockY), try attribute(.blockZ)),
            maxGrid: Dim3(try attribute(.gridX), try attribute(.gridY), try attribute(.gridZ)),
            maxSharedMemory: try attribute(.sharedPerBlockOptIn), warpSize: try attribute(.warpSize),
            architecture: "\(major).\(minor)", uuid: try Self.uuid(device, name, driver),
            driver: "\(version / 1000).\(version % 1000 / 10)")
    }

    /// `CUdevice_attribute`.
    private enum Attribute: Int32 {
        case threadsPerBlock = 1
        case blockX = 2
        case blockY = 3
        case blockZ = 4
        case gridX = 5
        case gridY = 6
        case gridZ = 7
        case warpSize = 10
        case multiprocessors = 16
        case capabilityMajor = 75
        case capabilityMinor = 76
        case sharedPerBlockOptIn = 97
    }

    private static func name(_ device: Int32, _ driver: CUDADriver) throws(DeviceAbsence) -> String {
        var name = [CChar](repeating: 0, count: 256)
        try check("cuDeviceGetName", driver.deviceName(&name, Int32(name.count), device), driver)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `GPU-8a7f...`, or `MIG-8a7f...` for a part of a card (`NVIDIA H100 80GB HBM3 MIG 1g.10gb`), as nvidia-smi prints it.
    private static func uuid(
        _ device: Int32, _ name: String, _ driver: CUDADriver
    ) throws(DeviceAbsence) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        try check("cuDeviceGetUuid_v2", driver.deviceIdentity(&bytes, device), driver)
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }
        return (name.split(separator: " ").contains("MIG") ? "MIG-" : "GPU-") + groups.joined(separator: "-")
    }

    static func check(
        _ call: String, _ status: CUDADriver.Status, _ driver: CUDADriver
    ) throws(DeviceAbsence) {
        guard status == 0 else { throw absence(call, status, driver) }
    }

    static func absence(_ call: String, _ status: CUDADriver.Status, _ driver: CUDADriver) -> DeviceAbsence {
        let known = CUDAStatus(status, driver: driver)
        return DeviceAbsence(
            status == CUDAStatus.noDevice ? .noDevice : .driverError, library: "libcuda.so.1",
            sentence: "\(call) failed with \(known.title): \(known.advice)")
    }
}
