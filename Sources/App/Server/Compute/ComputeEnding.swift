import Foundation
import Glibc
import StewardAPI

/// How a child ended, and what it told and printed until then.
package struct ComputeEnding: Sendable {
    /// Why it is gone.
    package enum Cause: Hashable, Sendable {
        /// By itself, with this code.
        case exit(Int32)
        /// Killed by a signal that Steward didn't send.
        case signal(Int32)
        /// Its time was over.
        case deadline
        /// Whoever asked for it doesn't want it any more.
        case cancelled
        /// The server stops.
        case stopping
        /// The lease of its GPU had ended before it began.
        case cardLost
        /// It could not be started.
        case unstarted(String)
    }

    /// What the child tells when the kernel begins.
    package struct Running: Codable, Hashable, Sendable {
        /// The kernel's name, or what else runs.
        package var kernel: String
        /// Where.
        package var device: String
        /// `grid 4096, block 256`.
        package var shape: String
    }

    /// Why it is gone.
    package private(set) var cause = Cause.cancelled
    /// The document of its last `result`.
    package private(set) var result: [UInt8]?
    /// What ran; nil if it ended before.
    package private(set) var running: Running?
    /// Whether more was printed than is kept.
    package private(set) var isPrintedCut = false
    private var printedBytes: [UInt8] = []
    private var errorBytes: [UInt8] = []
    private var told: ComputeProblem?
    private let task: ComputeTask
    private let limits: ComputeLimits

    init(_ task: ComputeTask, limits: ComputeLimits) {
        self.task = task
        self.limits = limits
    }

    /// What it wrote to standard output.
    package var printed: String { String(decoding: printedBytes, as: UTF8.self) }

    /// What it wrote to standard error; the last lines tell why a program aborts.
    package var errors: String { String(decoding: errorBytes, as: UTF8.self) }

    mutating func note(_ message: ComputeMessage) {
        switch message.name {
        case "result": result = message.json
        case "running": running = try? JSONDecoder().decode(Running.self, from: Data(message.json))
        case "problem": told = try? JSONDecoder().decode(ComputeProblem.self, from: Data(message.json))
        default: break
        }
    }

    mutating func keep(printed bytes: ArraySlice<UInt8>) {
        let room = limits.printed - printedBytes.count
        if bytes.count > room { isPrintedCut = true }
        printedBytes += bytes.prefix(max(0, room))
    }

    mutating func keep(errors bytes: ArraySlice<UInt8>) {
        errorBytes += bytes
        if errorBytes.count > 16 << 10 { errorBytes.removeFirst(errorBytes.count - 8 << 10) }
    }

    func after(_ cause: Cause) -> ComputeEnding {
        var ending = self
        ending.cause = cause
        return ending
    }

    /// What went wrong; nil if the child gave its result. `checking` is what finds the line of a kernel's fault.
    package func problem(checking: String) -> ComputeProblem? {
        if cause == .exit(0), result != nil { return nil }
        var problem = told ?? self.problem(of: cause, checking: checking)
        if running != nil, !printedBytes.isEmpty { problem.printed = printed }
        return problem
    }

    /// Whether it runs Steward's own code, where no detector finds anything.
    private var isOwn: Bool { running != nil && (task == .train || task == .sample) }

    private var what: String {
        guard let running else { return "the computation" }
        return switch task {
        case .train: "the training of `\(running.kernel)`"
        case .sample: "the text from \(running.kernel)"
        default: "kernel `\(running.kernel)` (\(running.shape)) on \(running.device)"
        }
    }

    /// What helps where the time was too short.
    private var remedy: String {
        task == .sample
            ? "ask for less `length` or a longer `deadline`"
            : "its checkpoint, if it has a folder for one, goes on with `resume`"
    }

    private func problem(of cause: Cause, checking: String) -> ComputeProblem {
        switch cause {
        case .deadline where task == .devices:
            return Self.problem(
                "device-unavailable",
                "the devices did not answer within \(Self.text(limits.start)) (deadline): a GPU's driver hangs, most likely; see whether `nvidia-smi` answers."
            )
        case .deadline where running == nil && (task == .train || task == .sample):
            return Self.problem(
                "kernel-deadline", "\(what) did not begin within \(Self.text(limits.start)) (deadline); \(remedy).")
        case .deadline where running == nil:
            return Self.problem(
                "kernel-deadline",
                "the kernel was not compiled within \(Self.text(limits.start)) (deadline); make it smaller.")
        case .deadline where isOwn:
            return Self.problem(
                "kernel-deadline",
                "\(what) did not end within \(Self.text(limits.run)) (deadline); \(remedy)."
            )
        case .deadline:
            return Self.problem(
                "kernel-deadline",
                "\(what) did not end within \(Self.text(limits.run)) (deadline); a loop whose end no thread reaches is the usual cause. \(checking) runs it under the detectors, a longer deadline gives it more time."
            )
        case .cancelled:
            return Self.problem("cancelled", "\(what) was ended: nobody waits for it any more.")
        case .stopping:
            return Self.stopping(what, remedy: task == .train ? remedy : "ask again when it runs")
        case .cardLost:
            return Self.problem(
                "gpu-cancelled", "\(what) was ended: its GPU was taken back before it began; try again.")
        case .unstarted(let reason):
            return Self.problem("no-process", "a process for the kernel can't be started: \(reason).")
        case .signal(let signal) where isOwn:
            return Self.problem(
                "kernel-fault",
                "\(what) was ended by \(Self.reason(signal)); \(Self.ownRemedy(signal)).")
        case .signal(let signal):
            return Self.problem(
                "kernel-fault", "\(what) was ended by \(Self.reason(signal)). \(checking) finds the line.")
        case .exit(let code):
            let words = errors.split(separator: "\n").suffix(2).joined(separator: " ")
            let detail = words.isEmpty ? "" : ": \(words)"
            let remedy = isOwn ? "please report it with what was asked for." : "\(checking) finds the line."
            return Self.problem(
                "kernel-fault",
                "the process of \(what) ended with code \(code) before it was done\(detail). \(remedy)")
        }
    }

    /// The server stops before `what` was done.
    static func stopping(_ what: String, remedy: String) -> ComputeProblem {
        problem("server-stopping", "\(what) was ended because the server stops; \(remedy).")
    }

    private static func reason(_ signal: Int32) -> String {
        switch signal {
        case SIGSEGV:
            "SIGSEGV: it used an address outside every buffer, or more than the 256 KiB of stack that a thread has"
        case SIGBUS: "SIGBUS: it used an address that has no memory behind it"
        case SIGFPE: "SIGFPE: it divided an integer by zero"
        case SIGILL: "SIGILL: it ran into an instruction that traps (`__trap`, an `assert`, undefined behaviour)"
        case SIGABRT: "SIGABRT: it called `abort`, an `assert` failed, or it damaged the heap"
        case SIGKILL: "SIGKILL: memory ran out, most likely; ask for smaller buffers"
        default: "signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }

    /// What helps where Steward's own code was ended. Swift traps where it gets no memory.
    private static func ownRemedy(_ signal: Int32) -> String {
        switch signal {
        case SIGKILL, SIGILL, SIGTRAP, SIGABRT:
            "a larger `compute.memory` or a smaller model helps where memory ran out; else please report it with what was asked for"
        default: "please report it with what was asked for"
        }
    }

    /// `500 ms`, `10 s`, `5 min`.
    static func text(_ seconds: Double) -> String {
        if seconds < 1 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds >= 120, seconds.truncatingRemainder(dividingBy: 60) == 0 { return "\(Int(seconds / 60)) min" }
        return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\((seconds * 10).rounded() / 10) s"
    }

    /// A problem with the title and status that its code has everywhere.
    package static func problem(
        _ code: String, _ detail: String, diagnostics: [ComputeDiagnostic] = []
    ) -> ComputeProblem {
        let (status, title) = statuses[code] ?? (500, "The computation failed")
        return ComputeProblem(code: code, status: status, title: title, detail: detail, diagnostics: diagnostics)
    }

    private static let statuses: [String: (Int, String)] = [
        "bad-request": (400, "The request can't be understood"),
        "kernel-compilation": (422, "The kernel doesn't compile"),
        "no-compiler": (503, "No compiler for kernels"),
        "no-kernel": (422, "There is no such kernel"),
        "kernel-arguments": (422, "The arguments don't fit the kernel"),
        "launch-shape": (422, "The launch is larger than the device"),
        "out-of-memory": (422, "Not enough memory"),
        "out-of-bounds": (422, "Outside a buffer"),
        "kernel-fault": (422, "The kernel failed"),
        "kernel-deadline": (504, "The computation took too long"),
        "device-unavailable": (422, "The device can't be used"),
        "driver": (502, "The GPU's driver refused"),
        "unsupported": (422, "The device can't do that"),
        "training-setting": (422, "The training can't be set up so"),
        "training-data": (422, "The data can't be used"),
        "training-checkpoint": (422, "The checkpoint can't be used"),
        "training-device": (422, "The device failed"),
        "cancelled": (499, "The client left"),
        "no-process": (503, "No process for the kernel"),
        "compute-busy": (429, "Too many computations"),
        "server-stopping": (503, "The server stops"),
        "gpu-impossible": (503, "No GPU"),
        "gpu-wait-over": (503, "No GPU"),
        "gpu-cancelled": (503, "No GPU"),
        "gpu-queue-full": (503, "No GPU"),
    ]
}
