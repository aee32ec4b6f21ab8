import Logging
import StewardGPU
import StewardTelemetry

/// Tells the log and the metrics what the lane did.
final class LaneReporter: Sendable {
    private let logger: Logger
    private let granted: CounterFamily
    private let ended: CounterFamily
    private let refused: CounterFamily
    private let waits: Histogram
    private let isOn: Bool

    /// Seconds from 10 ms to a day, observed in milliseconds.
    private static let waitBuckets = Buckets(
        [10, 100, 1000, 5000, 15_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000], scale: 1000)

    init(_ registry: MetricsRegistry, logger: Logger, isOn: Bool) {
        self.logger = logger
        self.isOn = isOn
        granted = registry.counters(
            "steward_gpu_leases_granted_total", help: "GPU leases granted, by caller.", labels: ["caller"])
        ended = registry.counters(
            "steward_gpu_leases_ended_total", help: "GPU leases that ended, by reason.", labels: ["reason"])
        refused = registry.counters(
            "steward_gpu_refusals_total", help: "Requests for GPUs that got none, by reason.", labels: ["reason"])
        waits = registry.histogram(
            "steward_gpu_wait_seconds", help: "How long requests waited for their GPUs.", buckets: Self.waitBuckets)
    }

    /// Takes an event.
    func tell(_ event: LaneEvent) {
        switch event {
        case .granted(let lease, let waited):
            granted.with([lease.ticket.caller]).increment()
            waits.observe(Int(waited * 1000))
            log(.notice, "gpu-granted", "\(who(lease)) has \(cards(lease)) after \(GPUTime.text(waited))", lease)
        case .ended(let lease, let reason, let lasted):
            ended.with([reason.rawValue]).increment()
            log(
                reason.isFailure ? .warning : .notice, "gpu-ended",
                "\(who(lease)) gave up \(cards(lease)) after \(GPUTime.text(lasted)): \(reason.sentence)", lease,
                ["reason": "\(reason.rawValue)"])
        case .refused(let ticket, let refusal):
            refused.with([refusal.code.rawValue]).increment()
            logger.notice(
                "\(ticket.caller) got no GPU for '\(ticket.purpose)': \(refusal.sentence)",
                metadata: facts(ticket, refusal.code.rawValue))
        case .clearing(let lease, let reason, let processes):
            log(
                .info, "gpu-clearing",
                "\(processes) processes of \(who(lease)) are told to end: \(reason.sentence)", lease)
        case .stuck(let lease, let pids):
            let list = pids.map(String.init).joined(separator: ", ")
            log(
                .error, "gpu-stuck",
                "\(cards(lease)) stay taken: the processes \(list) of \(who(lease)) can't be killed; look at them with 'ps -o stat,wchan', the GPU may need a reset.",
                lease)
        default: tellOfMachine(event)
        }
    }

    private func tellOfMachine(_ event: LaneEvent) {
        switch event {
        case .lost(let card, let reason):
            say(
                .error, "gpu-lost",
                "GPU \(card.number) (\(card.uuid)) fell off the bus: \(reason). Its lease ends; see 'dmesg | grep -i xid'."
            )
        case .gone(let card):
            say(
                .notice, "gpu-gone",
                "GPU \(card.number) (\(card.uuid)) is gone: it was an instance of MIG. A lease on it ends.")
        case .unparted(let card): say(.notice, "gpu-mig-empty", card.unpartedSentence)
        case .back(let card): say(.notice, "gpu-back", "GPU \(card.number) (\(card.uuid)) is back.")
        case .foreign(let card, let pids):
            let list = pids.map(String.init).joined(separator: ", ")
            say(
                .notice, "gpu-foreign",
                pids.isEmpty
                    ? "GPU \(card.number) is no longer used outside the lane."
                    : "GPU \(card.number) is not handed out: the processes \(list) use it outside the lane.")
        case .absent(let absence):
            say(isOn ? .error : .info, "gpu-absent", absence.sentence)
        case .present(let driver, let cards):
            say(.info, "gpu-present", "\(cards.count) GPUs, driver \(driver ?? "unknown")")
        default: tellOfLane(event)
        }
    }

    private func tellOfLane(_ event: LaneEvent) {
        switch event {
        case .resumed(let leases, let ended, let tickets, let dropped):
            say(
                .notice, "gpu-resumed",
                "Taken up again: \(leases) leases and \(tickets) places in the queue; \(ended) leases had ended, \(dropped) were of another boot or damaged."
            )
        case .unwritten(let sentence): say(.error, "gpu-unwritten", sentence)
        case .written: say(.notice, "gpu-written", "Leases can be written down again; GPUs are handed out.")
        case .unseen(let reason):
            say(
                .error, "gpu-unseen",
                "/proc can't be read: \(reason). Until it can, no lease ends with its process and no GPU of one that ends is handed on."
            )
        case .seen: say(.notice, "gpu-seen", "/proc can be read again.")
        default: break
        }
    }

    private func say(_ level: Logger.Level, _ code: String, _ sentence: String) {
        logger.log(level: level, "\(sentence)", metadata: ["event": "\(code)"])
    }

    private func log(
        _ level: Logger.Level, _ code: String, _ sentence: String, _ lease: GPULease, _ more: Logger.Metadata = [:]
    ) {
        var metadata = facts(lease.ticket, code).merging(more) { $1 }
        metadata["gpus"] = "\(lease.cards.joined(separator: ","))"
        logger.log(level: level, "\(sentence)", metadata: metadata)
    }

    private func facts(_ ticket: GPUTicket, _ code: String) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "event": "\(code)", "caller": "\(ticket.caller)", "lease": "\(ticket.id.prefix(8))",
            "purpose": "\(ticket.purpose)",
        ]
        if let trace = ticket.trace { metadata["trace_id"] = "\(trace)" }
        return metadata
    }

    private func who(_ lease: GPULease) -> String { "\(lease.ticket.caller) ('\(lease.ticket.purpose)')" }
    private func cards(_ lease: GPULease) -> String { lease.cards.joined(separator: ", ") }
}
