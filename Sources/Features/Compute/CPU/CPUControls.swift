import CCompute
import Synchronization

/// What launches on the processor obey: where kernels' `printf` goes, and whether they shall stop.
package final class CPUControls: @unchecked Sendable {
    /// Of all launches of this process.
    package static let current = CPUControls()

    private let stop = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    private let sink = Mutex<(@Sendable (UnsafeRawBufferPointer) -> Void)?>(nil)

    private init() { stop.initialize(to: 0) }

    /// Gives what kernels print to `sink` (from any thread, one call after the other) instead of to standard output.
    package func print(to newSink: (@Sendable (UnsafeRawBufferPointer) -> Void)?) { sink.withLock { $0 = newSink } }

    /// Makes the launches that run, and those to come, end with ``ComputeError/Code/deadline``, between blocks and at
    /// barriers, until `resume()`.
    package func stopLaunches() { steward_set_flag(stop, 1) }

    /// Launches run again.
    package func resume() { steward_set_flag(stop, 0) }

    private func write(_ text: UnsafeRawBufferPointer) {
        sink.withLock { $0?(text) }
    }

    /// Runs a launch.
    func run(_ run: inout steward_run) throws(ComputeError) {
        run.stop = UnsafePointer(stop)
        guard sink.withLock({ $0 != nil }) else { return try finish(&run) }
        run.printer_context = Unmanaged.passUnretained(self).toOpaque()
        run.printer = { context, text, length in
            Unmanaged<CPUControls>.fromOpaque(context!).takeUnretainedValue().write(
                UnsafeRawBufferPointer(start: text, count: length))
        }
        try finish(&run)
    }

    private func finish(_ run: inout steward_run) throws(ComputeError) {
        let outcome = steward_run_grid(&run)
        if outcome == Int32(steward_done.rawValue) { return }
        let name = String(cString: run.kernel.pointee.name)
        if outcome == Int32(steward_stopped.rawValue) {
            throw ComputeError(.deadline, "\(name) was stopped before all of its blocks had run.")
        }
        let fault = withUnsafeBytes(of: run.fault) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        throw ComputeError(.kernelFault, fault)
    }
}
