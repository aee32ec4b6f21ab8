/// An NVIDIA GPU through its driver, opened at run time.
package final class CUDABackend {
    /// The GPU with this number among those that `CUDA_VISIBLE_DEVICES` shows.
    package static func open(_ number: Int) throws(ComputeError) -> any Backend {
        throw ComputeError(.deviceUnavailable, survey().absences.map(\.sentence).joined(separator: " "))
    }

    /// Every GPU that can be used, or why none can.
    package static func survey() -> (backends: [any Backend], absences: [DeviceAbsence]) {
        ([], [DeviceAbsence(.libraryMissing, library: "libcuda.so.1", sentence: "libcuda.so.1 was not found.")])
    }
}
