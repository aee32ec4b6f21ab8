import StewardAPI
import StewardCompute

extension ComputeProblem {
    /// A problem of the library, in the surfaces' words.
    package init(_ error: ComputeError) {
        self = ComputeEnding.problem(
            error.code.rawValue, error.message,
            diagnostics: error.diagnostics.map {
                ComputeDiagnostic(
                    severity: $0.severity.rawValue, file: $0.file, line: $0.line, column: $0.column, text: $0.text)
            })
    }
}

extension Dim3 {
    /// A size as a request gives it.
    package init(_ size: ComputeSize) { self.init(size.x, size.y, size.z) }
}

extension ComputeSize {
    /// A size of the library.
    package init(_ size: Dim3) { self.init(size.x, size.y, size.z) }
}

extension ComputeAbsence {
    /// A reason of the library.
    package init(_ absence: DeviceAbsence) {
        self.init(reason: absence.reason.rawValue, library: absence.library, sentence: absence.sentence)
    }
}

extension ComputeDevice {
    /// A device of the library.
    package init(_ info: DeviceInfo, measured: ComputeMeasures? = nil) {
        self.init(
            id: info.id, kind: info.kind.rawValue, name: info.name, multiprocessors: info.multiprocessors,
            memory: info.memory, architecture: info.architecture, threadsPerBlock: info.maxThreadsPerBlock,
            sharedMemory: info.maxSharedMemory, uuid: info.uuid, driver: info.driver, measured: measured)
    }
}

extension ComputeRun {
    /// What the library compiles.
    package func kernelSource(mode: KernelSource.Mode = .fast) -> KernelSource {
        KernelSource(source, file: file ?? "kernel.cu", defines: defines ?? [:], mode: mode).instantiating(kernel)
    }

    /// What is launched.
    package var shape: LaunchShape { LaunchShape(grid: Dim3(grid), block: Dim3(block), shared: shared ?? 0) }
}

extension ComputeCheck {
    /// A report of the detectors, in the surfaces' words.
    package init(_ report: CheckReport) {
        self.init(
            kernel: report.kernel, file: report.file, grid: ComputeSize(report.shape.grid),
            block: ComputeSize(report.shape.block), arguments: report.arguments.map(\.description),
            findings: report.findings.map(ComputeFinding.init), threads: report.threads, accesses: report.accesses,
            isComplete: report.isComplete, isClean: report.isClean, limits: report.limits)
    }
}

extension ComputeFinding {
    /// One finding, in the surfaces' words.
    package init(_ finding: Finding) {
        func place(_ place: Finding.Place) -> ComputePlace {
            ComputePlace(file: place.file, line: place.line, text: place.text)
        }
        self.init(
            kind: finding.kind.rawValue, severity: finding.severity.rawValue, place: place(finding.place),
            other: finding.other.map(place), threads: finding.threads.map(\.description), array: finding.array,
            index: finding.index, count: finding.count, message: finding.message)
    }
}

extension ComputeExplanation {
    /// An explanation, in the surfaces' words; its text for a terminal of so many columns.
    package init(_ explanation: Explanation, columns: Int) {
        self.init(
            kernel: "\(explanation.kernel)", file: explanation.file, grid: ComputeSize(explanation.shape.grid),
            block: ComputeSize(explanation.shape.block), arguments: explanation.arguments.map(\.description),
            threads: explanation.threads, idleThreads: explanation.idleThreads, facts: explanation.facts,
            accesses: explanation.accesses.map(ComputeAccess.init),
            text: explanation.terminalText(columns: columns).split(separator: "\n", omittingEmptySubsequences: false)
                .map(String.init), svg: explanation.svg())
    }
}

extension ComputeAccess {
    /// One instruction's accesses, in the surfaces' words.
    package init(_ access: Explanation.AccessPicture) {
        self.init(
            line: access.place.line, array: access.array, space: access.space.rawValue, kind: access.kind.rawValue,
            pattern: access.pattern.description, requests: access.requests, efficiency: access.efficiency)
    }
}
