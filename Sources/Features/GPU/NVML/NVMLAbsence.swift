import Glibc

/// Why NVML can't be asked.
package enum NVMLAbsence: Error, Hashable, Sendable {
    /// No library, or one that can't be loaded; the loader's words.
    case noLibrary(String)
    /// The library lacks a function.
    case tooOld(library: String, function: String)
    /// The library can't talk to the driver.
    case noDriver(NVMLCode, String)
    /// The settings say so.
    case off

    /// Its stable word.
    package var code: String {
        switch self {
        case .noLibrary: "no-library"
        case .tooOld: "too-old"
        case .noDriver: "no-driver"
        case .off: "off"
        }
    }

    /// What is so; no full stop.
    package var reason: String {
        switch self {
        case .noLibrary(let reason): "NVIDIA's management library can't be loaded (\(reason))"
        case .tooOld(let library, let function):
            "\(library) has no \(function): it is of a driver before 2014 or a stub"
        case .noDriver(let code, let text):
            "NVIDIA's management library can't talk to the driver: \(text) (\(code.name), \(code.rawValue))"
        case .off: "the lane is switched off by 'gpu.enabled: off'"
        }
    }

    /// The way out; no capital, no full stop.
    package var remedy: String {
        switch self {
        case .noLibrary: "install the NVIDIA driver, or name the library with 'gpu.nvml'"
        case .tooOld: "install a current NVIDIA driver"
        case .noDriver where Self.isHidden():
            "the driver is loaded and /dev/nvidiactl is not there: have 'nvidia-modprobe -c 0 -u' or nvidia-persistenced make "
                + "it, and under systemd let the service see it: 'PrivateDevices=no' (deploy/systemd/steward.service)"
        case .noDriver: "see whether 'nvidia-smi' works"
        case .off: "remove it, or write auto or on"
        }
    }

    /// Whether the driver is loaded and its device file not to be seen, as in a service with devices of its own.
    static func isHidden(driver: String = "/proc/driver/nvidia/version", control: String = "/dev/nvidiactl") -> Bool {
        access(driver, F_OK) == 0 && access(control, F_OK) != 0
    }

    /// A sentence with the way out.
    package var sentence: String {
        switch self {
        case .off: "The lane is switched off by 'gpu.enabled: off'."
        default: "\(reason); \(remedy)."
        }
    }
}

/// What an NVML function answers (nvmlReturn_t).
package struct NVMLCode: RawRepresentable, Hashable, Sendable, Error {
    package let rawValue: UInt32

    /// The code with this number.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let success = NVMLCode(rawValue: 0)
    package static let uninitialized = NVMLCode(rawValue: 1)
    package static let notSupported = NVMLCode(rawValue: 3)
    package static let noPermission = NVMLCode(rawValue: 4)
    package static let notFound = NVMLCode(rawValue: 6)
    package static let insufficientSize = NVMLCode(rawValue: 7)
    package static let functionNotFound = NVMLCode(rawValue: 13)
    package static let gpuIsLost = NVMLCode(rawValue: 15)
    package static let resetRequired = NVMLCode(rawValue: 16)

    /// Whether the card can do no more work until it is reset or the driver loaded anew.
    package var isLoss: Bool { self == .gpuIsLost || self == .resetRequired }

    private static let names: [UInt32: String] = [
        0: "SUCCESS", 1: "UNINITIALIZED", 2: "INVALID_ARGUMENT", 3: "NOT_SUPPORTED", 4: "NO_PERMISSION",
        5: "ALREADY_INITIALIZED", 6: "NOT_FOUND", 7: "INSUFFICIENT_SIZE", 8: "INSUFFICIENT_POWER",
        9: "DRIVER_NOT_LOADED", 10: "TIMEOUT", 11: "IRQ_ISSUE", 12: "LIBRARY_NOT_FOUND", 13: "FUNCTION_NOT_FOUND",
        14: "CORRUPTED_INFOROM", 15: "GPU_IS_LOST", 16: "RESET_REQUIRED", 17: "OPERATING_SYSTEM",
        18: "LIB_RM_VERSION_MISMATCH", 19: "IN_USE", 20: "MEMORY", 21: "NO_DATA",
        22: "VGPU_ECC_NOT_SUPPORTED", 23: "INSUFFICIENT_RESOURCES", 24: "FREQ_NOT_SUPPORTED",
        25: "ARGUMENT_VERSION_MISMATCH", 26: "DEPRECATED", 27: "NOT_READY", 28: "GPU_NOT_FOUND", 29: "INVALID_STATE",
        30: "RESET_TYPE_NOT_SUPPORTED", 999: "UNKNOWN",
    ]

    /// `NVML_ERROR_GPU_IS_LOST`.
    package var name: String {
        guard self != .success else { return "NVML_SUCCESS" }
        return "NVML_ERROR_" + (Self.names[rawValue] ?? "\(rawValue)")
    }
}
