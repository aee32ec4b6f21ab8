import CCompute

/// Where a case is measured.
public enum BenchPlace: Sendable {
    /// One thread of the processor.
    case oneCore
    /// All threads that this process may use.
    case allCores
    /// A GPU.
    case gpu(Device)

    /// `one core`, `all cores`, `cuda:0`.
    public var name: String {
        switch self {
        case .oneCore: "one core"
        case .allCores: "all cores"
        case .gpu(let device): device.info.id
        }
    }

    /// The device that works.
    public func device() throws(ComputeError) -> Device {
        if case .gpu(let device) = self { return device }
        return try Device.select(.cpu)
    }

    /// The places that there are: both of the processor (one, where it has one core), then each GPU.
    public static func all(of devices: [Device] = Device.survey().devices) -> [BenchPlace] {
        let cores: [BenchPlace] = steward_threads() > 1 ? [.oneCore, .allCores] : [.oneCore]
        return cores + devices.filter { $0.info.kind != .cpu }.map(BenchPlace.gpu)
    }

    /// Runs `body` with this place's threads; the number is the process's, so that nothing else should compute meanwhile.
    func withThreads<Result>(_ body: () throws(ComputeError) -> Result) throws(ComputeError) -> Result {
        guard case .oneCore = self else { return try body() }
        let threads = steward_threads()
        steward_set_threads(1)
        defer { steward_set_threads(threads) }
        return try body()
    }
}
