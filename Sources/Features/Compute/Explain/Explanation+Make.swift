extension Explanation {
    /// Launches the kernel once on the processor, every access recorded, and tells who did what.
    /// - Throws: as ``KernelCheck/run(source:kernel:shape:arguments:limits:)``; and ``ComputeError/Code/kernelFault`` or
    ///   ``ComputeError/Code/deadline`` where the launch didn't run to its end.
    public static func of(
        source: KernelSource, kernel: String, shape: LaunchShape, arguments: [LaunchArgument], seconds: Double = 60
    ) throws(ComputeError) -> Explanation {
        let launch = try InstrumentedLaunch(source: source, kernel: kernel, shape: shape, arguments: arguments)
        let trace = AccessTrace(launch.context)
        switch launch.run(trace, seconds: seconds) {
        case .finished: break
        case .failed(let error): throw error
        case .stopped:
            throw ComputeError(
                .kernelFault, "\(kernel) touches memory that is no array's: steward compute check tells the line.")
        case .timeUp:
            throw ComputeError(
                .deadline, "\(kernel) had not ended after \(seconds) seconds: explain a smaller launch.")
        }
        return Explanation(trace, kernel: launch.signature, file: source.file, arguments: arguments)
    }

    /// From a record of accesses.
    package init(_ trace: AccessTrace, kernel: KernelSignature, file: String, arguments: [LaunchArgument]) {
        let analysis = WarpAnalysis(trace)
        self.init(
            kernel: kernel, file: file, shape: trace.context.shape, arguments: arguments,
            idleThreads: trace.hasWorked.count { !$0 }, sampledBlocks: trace.sampled,
            arrays: Self.arrays(trace), warps: analysis.warps, accesses: analysis.accesses, facts: [])
        facts = ExplanationFacts(self, isCut: trace.isCut).sentences
    }

    private static func arrays(_ trace: AccessTrace) -> [ArrayPicture] {
        trace.writers.sorted { $0.key < $1.key }.compactMap { number, writers in
            let region = trace.context.regions[number]
            guard let element = region.element else { return nil }
            return ArrayPicture(
                name: region.name, cells: region.byteCount / element.size, element: element,
                writers: writers.map { $0 == 0 ? .nobody : $0 < 0 ? .several : .thread(Int($0) - 1) })
        }
    }
}

/// The sentences of an explanation.
struct ExplanationFacts {
    private let explanation: Explanation
    private(set) var sentences: [String] = []

    init(_ explanation: Explanation, isCut: Bool) {
        self.explanation = explanation
        tellThreads()
        tellBlock()
        tellWarps()
        for access in explanation.accesses { tell(access) }
        tellSample(isCut)
    }

    private mutating func tellThreads() {
        let (idle, threads) = (explanation.idleThreads, explanation.threads)
        if idle == 0 {
            sentences.append("All \(threads) threads work.")
        } else {
            sentences.append(
                "\(idle) of \(threads) threads are idle (\(Self.percent(Double(idle) / Double(threads)))): the grid is "
                    + "larger than the work.")
        }
    }

    private mutating func tellBlock() {
        let block = explanation.shape.block.count
        guard block % 32 != 0 else { return }
        let wasted = 32 - block % 32
        sentences.append(
            "A block of \(block) threads fills its last warp only to \(block % 32) of 32 lanes: \(wasted) lanes of every "
                + "block never work. Take a multiple of 32.")
    }

    private mutating func tellWarps() {
        let split = explanation.warps.filter { !$0.divergentLines.isEmpty }
        guard !split.isEmpty else { return }
        let lines = Set(split.flatMap(\.divergentLines)).sorted().prefix(6).map(String.init).joined(separator: ", ")
        sentences.append(
            "\(split.count) of \(explanation.warps.count) warps \(split.count == 1 ? "diverges" : "diverge"): at line\(lines.contains(",") ? "s" : "") \(lines) "
                + "some lanes go on while the others wait.")
    }

    private mutating func tell(_ access: Explanation.AccessPicture) {
        guard access.efficiency < 0.999 else { return }
        let what =
            "Line \(access.place.line): \(access.kind == .read ? "reading" : access.kind == .write ? "writing" : "updating") \(access.array)"
        if access.space == .shared {
            sentences.append(
                "\(what) makes lanes queue for a bank, up to \(access.worstRounds) rounds for one request; pad the rows "
                    + "by one cell ([32][33]), or let neighbours touch neighbouring words.")
            return
        }
        let advice =
            switch access.pattern {
            case .crooked: "start each warp at a multiple of 32 bytes"
            case .stride: "let neighbouring threads touch neighbouring cells"
            default: "sort the work so that a warp's cells lie together, or go through shared memory"
            }
        sentences.append(
            "\(what) moves \(access.sectors) sectors of 32 bytes where \(access.leastSectors) would do "
                + "(\(Self.percent(access.efficiency)) of the bandwidth is used): \(advice).")
    }

    private mutating func tellSample(_ isCut: Bool) {
        let blocks = explanation.shape.grid.count
        if explanation.sampledBlocks.count < blocks {
            let list = explanation.sampledBlocks.map(String.init).joined(separator: ", ")
            sentences.append(
                "Warps and accesses are those of blocks \(list) of \(blocks); idle threads are counted in all.")
        }
        if isCut { sentences.append("Some threads do more than was recorded: their first 4,096 accesses count.") }
    }

    /// `97.7 %`, without a fraction where it has none.
    static func percent(_ part: Double) -> String {
        let tenths = (part * 1000).rounded()
        let whole = Int(tenths) / 10
        return Int(tenths) % 10 == 0 ? "\(whole) %" : "\(whole).\(Int(tenths) % 10) %"
    }
}
