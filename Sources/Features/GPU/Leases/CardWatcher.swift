import Dispatch

/// Asks NVML on a thread of its own: a driver that hangs holds up nothing but the looks.
actor CardWatcher {
    struct Sight: Sendable {
        var looks: [NVML.Look]
        /// Cards in MIG mode without an instance.
        var unparted: [GPUCard]
        var driver: String?
        /// When the look began, in the service's seconds.
        var began: Double
    }

    private let thread = SerialThread("steward.gpu.nvml")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let path: String?
    private let restartPause: Double
    private var nvml: NVML?
    private var lastStart = -Double.infinity

    /// The library at `path`; while cards are lost it is started anew every `restartPause` seconds.
    init(path: String?, restartPause: Double) {
        self.path = path
        self.restartPause = restartPause
    }

    /// Looks at all cards.
    func look() throws(NVMLAbsence) -> Sight {
        let now = LaneClock.now
        guard let nvml else {
            let opened = try NVML(path: path)
            nvml = opened
            lastStart = now
            return sight(opened, now)
        }
        if nvml.hasLosses, now - lastStart >= restartPause {
            lastStart = now
            do throws(NVMLAbsence) { try nvml.restart() } catch {
                self.nvml = nil
                throw error
            }
        }
        return sight(nvml, now)
    }

    private func sight(_ nvml: NVML, _ now: Double) -> Sight {
        Sight(looks: nvml.look(), unparted: nvml.unpartedCards, driver: nvml.driver, began: now)
    }
}

/// A thread for an actor whose work may block.
final class SerialThread: SerialExecutor {
    private let queue: DispatchQueue

    init(_ label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
