import Dispatch

/// Asks NVML on a thread of its own: a driver that hangs holds up nothing but the looks.
actor CardWatcher {
    struct Sight: Sendable {
        var looks: [NVML.Look]
        /// Cards in MIG mode without an instance.
        var unparted: [GPUCard]
        /// Whether they are all that there are.
        var isComplete: Bool
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

    /// The library at `path`; while cards are lost or silent it is started anew every `restartPause` seconds.
    init(path: String?, restartPause: Double) {
        self.path = path
        self.restartPause = restartPause
    }

    /// Looks at all cards; `lacksCards`: some are known of that the last look did not show.
    func look(lacksCards: Bool) throws(NVMLAbsence) -> Sight {
        let now = LaneClock.now
        guard let nvml else {
            let opened = try NVML(path: path)
            nvml = opened
            lastStart = now
            return sight(opened, now)
        }
        if nvml.needsRestart || lacksCards, now - lastStart >= restartPause {
            lastStart = now
            do throws(NVMLAbsence) { try nvml.restart() } catch {
                self.nvml = nil
                throw error
            }
        }
        return sight(nvml, now)
    }

    private func sight(_ nvml: NVML, _ now: Double) -> Sight {
        let looks = nvml.look()
        return Sight(
            looks: looks, unparted: nvml.unpartedCards, isComplete: nvml.isComplete, driver: nvml.driver, began: now)
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
