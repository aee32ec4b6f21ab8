import StewardCompute
import Testing

/// A launch of one's own making: events are fed, lines are sites.
private final class Scene {
    let detectors: Detectors
    private let sites = SiteTable()
    private var numbers: [Int: Int] = [:]
    var block = 0 { didSet { detectors.begin(block: block) } }
    var memory: [UInt8] = Array(repeating: 0, count: 4096)

    static let tile = MemoryRegion(name: "tile", space: .shared, byteCount: 256, isInitialised: false)
    static let out = MemoryRegion(name: "out", byteCount: 64, element: .float, isOutput: true)

    init(_ regions: [MemoryRegion] = [tile], block: Int = 64, grid: Int = 2, memoryLimit: Int = 1 << 24) {
        let source = (1...40).map { "  line \($0);" }.joined(separator: "\n")
        detectors = Detectors(
            LaunchContext(
                shape: LaunchShape(grid: Dim3(grid), block: Dim3(block)), regions: regions, sites: sites,
                kernel: LineTable.Place(file: "k.cu", line: 1), source: source), memoryLimit: memoryLimit)
        detectors.begin(block: 0)
    }

    func touch(
        _ thread: Int, _ cell: Int, _ kind: AccessKind, line: Int, region: Int = 0, size: Int = 4, shift: Int = 0
    ) {
        if numbers[line] == nil { numbers[line] = sites.add(LineTable.Place(file: "k.cu", line: line)) }
        detectors.access(
            MemoryAccess(
                block: block, thread: thread, region: region, offset: cell * size + shift, size: size, kind: kind,
                site: numbers[line]!))
    }

    func write(_ thread: Int, _ cell: Int, line: Int, region: Int = 0) {
        touch(thread, cell, .write, line: line, region: region)
    }
    func read(_ thread: Int, _ cell: Int, line: Int, region: Int = 0) {
        touch(thread, cell, .read, line: line, region: region)
    }

    func barrier(line: Int = 30) {
        for thread in 0..<64 { detectors.arrives(block: block, thread: thread, line: line) }
        detectors.barrier(block: block)
    }

    func warpSync(_ mask: UInt32 = .max, warp: Int = 0) {
        detectors.warpBarrier(block: block, warp: warp, mask: mask)
    }

    var findings: [Finding] { detectors.finish(isComplete: true) }
    var kinds: [Finding.Kind] { findings.map(\.kind) }
}

@Suite struct CheckRaceDetectorTests {
    @Test func aReadOfWhatAnotherWarpWritesNeedsABarrier() throws {
        let scene = Scene()
        for thread in 0..<64 { scene.write(thread, thread, line: 3) }
        for thread in 0..<64 { scene.read(thread, 63 - thread, line: 4) }
        let finding = try #require(scene.findings.first)
        #expect(scene.kinds == [.sharedRace])
        #expect((finding.place.line, finding.other?.line) == (3, 4))
        #expect(finding.place.text == "line 3;")
        #expect(finding.count == 64)
        #expect(finding.threads.map(\.thread.x) == [63, 0])
        #expect(
            finding.message.contains("block 0, thread 63 writes tile[63], and block 0, thread 0 reads it at line 4"))
        #expect(finding.message.hasSuffix("put __syncthreads() between."))
    }

    @Test func aBarrierParts() {
        let scene = Scene()
        for thread in 0..<64 { scene.write(thread, thread, line: 3) }
        scene.barrier()
        for thread in 0..<64 { scene.read(thread, 63 - thread, line: 4) }
        scene.barrier()
        for thread in 0..<64 { scene.write(thread, (thread + 1) % 64, line: 5) }
        #expect(scene.kinds == [])
    }

    @Test func theOrderInWhichThreadsHappenToRunDoesNotMatter() {
        let scene = Scene()
        scene.write(50, 0, line: 2)
        scene.barrier()
        scene.read(0, 0, line: 3)
        scene.write(40, 0, line: 4)
        #expect(scene.kinds == [.sharedRace])
    }

    @Test func everyReaderThatIsNotTheWriterCounts() {
        let scene = Scene()
        scene.write(9, 0, line: 1)
        scene.barrier()
        for reader in [5, 6, 40] { scene.read(reader, 0, line: 3) }
        scene.write(5, 0, line: 4)
        #expect(Set(scene.kinds).isSubset(of: [.sharedRace, .warpRace]) && !scene.kinds.isEmpty)
    }

    @Test func lanesOfOneWarpNeedSyncwarp() throws {
        let racy = Scene()
        for lane in 0..<32 { racy.write(lane, lane, line: 3) }
        for lane in 0..<31 { racy.read(lane, lane + 1, line: 4) }
        #expect(racy.kinds == [.warpRace])
        #expect(try #require(racy.findings.first).message.contains("__syncwarp()"))

        let mended = Scene()
        for lane in 0..<32 { mended.write(lane, lane, line: 3) }
        mended.warpSync()
        for lane in 0..<31 { mended.read(lane, lane + 1, line: 4) }
        mended.warpSync()
        for lane in 0..<32 { mended.write(lane, lane, line: 3) }
        #expect(mended.kinds == [])
    }

    @Test func syncwarpOrdersOnlyTheLanesThatTakePart() {
        let scene = Scene()
        scene.write(20, 5, line: 3)
        scene.warpSync(0x0000_FFFF)
        scene.read(1, 5, line: 4)
        #expect(scene.kinds == [.warpRace])
    }

    @Test func orderPassesThroughAThirdLane() {
        let scene = Scene()
        scene.write(0, 5, line: 3)
        scene.warpSync(0b011)
        scene.warpSync(0b110)
        scene.read(2, 5, line: 4)
        #expect(scene.kinds == [])
    }

    @Test func syncwarpDoesNotOrderOtherWarps() {
        let scene = Scene()
        scene.write(0, 5, line: 3)
        scene.warpSync()
        scene.warpSync(.max, warp: 1)
        scene.read(40, 5, line: 4)
        #expect(scene.kinds == [.sharedRace])
    }

    @Test func atomicOperationsDoNotRaceWithEachOther() {
        let scene = Scene([MemoryRegion(name: "sum", byteCount: 4, element: .int32)])
        for block in 0..<2 {
            scene.block = block
            for thread in 0..<64 { scene.touch(thread, 0, [.write, .atomic], line: 3) }
        }
        #expect(scene.kinds == [])
    }

    @Test func aPlainReadBesideAtomicsIsAWarning() throws {
        let scene = Scene([MemoryRegion(name: "sum", byteCount: 4, element: .int32)])
        scene.touch(0, 0, [.write, .atomic], line: 3)
        scene.read(40, 0, line: 4)
        let finding = try #require(scene.findings.first)
        #expect((finding.kind, finding.severity) == (.globalRace, .warning))
    }

    @Test func blocksAreOrderedByNothing() throws {
        let scene = Scene([MemoryRegion(name: "y", byteCount: 64, element: .float)])
        scene.write(0, 3, line: 3)
        scene.barrier()
        scene.block = 1
        scene.read(0, 3, line: 4)
        let finding = try #require(scene.findings.first)
        #expect((finding.kind, finding.array, finding.index) == (.globalRace, "y", 3))
        #expect(finding.threads.map(\.block.x) == [0, 1])
    }

    @Test func aFenceAndAnAtomicTicketPublishWhatABlockDid() {
        func kinds(fenced: Bool) -> [Finding.Kind] {
            let scene = Scene([
                MemoryRegion(name: "partial", byteCount: 64, element: .float),
                MemoryRegion(name: "ticket", byteCount: 4, element: .uint32),
            ])
            for block in 0..<2 {
                scene.block = block
                scene.write(0, block, line: 3)
                if fenced { scene.detectors.fence(block: block, thread: 0) }
                scene.touch(0, 0, [.write, .atomic], line: 4, region: 1)
                scene.barrier()
            }
            for cell in 0..<2 { scene.read(cell, cell, line: 5) }
            return scene.kinds
        }
        #expect(kinds(fenced: true) == [])
        #expect(kinds(fenced: false) == [.globalRace])
    }

    @Test func writesOfTheSameValueAreANote() throws {
        func severity(_ values: [UInt8]) throws -> Finding.Severity? {
            let scene = Scene([MemoryRegion(name: "flag", byteCount: 4, element: .int32)])
            scene.detectors.peek = { [unowned scene] _, offset, size in Array(scene.memory[offset..<offset + size]) }
            for (number, value) in values.enumerated() {
                scene.write(number * 20, 0, line: 3)
                scene.memory[0] = value
            }
            return scene.findings.first?.severity
        }
        #expect(try severity([1, 1, 1]) == .note)
        #expect(try severity([1, 1, 2]) == .error)
        #expect(try severity([1, 2, 2]) == .error)
    }

    @Test func sharedMemoryBeginsAnewWithEachBlock() {
        let scene = Scene()
        scene.write(0, 0, line: 3)
        scene.block = 1
        scene.write(40, 0, line: 3)
        #expect(scene.kinds == [])
    }

    @Test func narrowAndWideAccessesMeet() {
        let scene = Scene()
        scene.touch(0, 0, .write, line: 3, size: 8)
        scene.touch(40, 5, .write, line: 4, size: 1)
        scene.touch(41, 9, .write, line: 5, size: 1)
        #expect(scene.findings.map(\.place.line) == [3])
        let neighbours = Scene()
        for thread in 0..<64 { neighbours.touch(thread, thread, .write, line: 3, size: 1) }
        #expect(neighbours.kinds == [])
    }
}

@Suite struct CheckCellDetectorsTests {
    @Test(arguments: [(16, "1 cell past the end"), (19, "4 cells past the end"), (-2, "2 cells before the start")])
    func anAccessOutsideIsToldWithItsDistance(_ cell: Int, _ distance: String) throws {
        let scene = Scene([Scene.out])
        scene.write(3, cell, line: 7)
        let finding = try #require(scene.findings.first)
        #expect((finding.kind, finding.array, finding.index, finding.place.line) == (.outOfBounds, "out", cell, 7))
        #expect(finding.message.contains("writes out[\(cell)], \(distance) of out, which has 16 cells"))
    }

    @Test func anAccessHalfOutsideIsOutside() {
        let scene = Scene([MemoryRegion(name: "pairs", byteCount: 60, element: .float)])
        scene.touch(0, 7, .read, line: 2, size: 8)
        #expect(scene.kinds == [.outOfBounds])
    }

    @Test func sharedMemoryThatNobodyWroteIsRead() throws {
        let scene = Scene()
        scene.write(0, 0, line: 3)
        scene.barrier()
        scene.read(1, 0, line: 4)
        scene.read(1, 1, line: 5)
        let findings = scene.findings
        #expect(findings.map(\.kind) == [.uninitialisedRead])
        #expect(findings[0].place.line == 5)
        #expect(findings[0].message.contains("tile[1]"))
    }

    @Test func aReadBeforeAnUnorderedWriteIsARaceAndNotUninitialised() {
        let scene = Scene()
        scene.read(0, 40, line: 4)
        scene.write(40, 40, line: 3)
        #expect(scene.kinds == [.sharedRace])
    }

    @Test func freshBuffersAreReadUnwritten() {
        let fresh = MemoryRegion(name: "y", byteCount: 64, element: .float, isInitialised: false)
        let scene = Scene([fresh])
        scene.read(0, 1, line: 4)
        #expect(scene.kinds == [.uninitialisedRead])
    }

    @Test func outputsThatStayUnwrittenAreListed() throws {
        let scene = Scene([Scene.out])
        for cell in [0, 1, 2, 5, 7, 8] { scene.write(cell, cell, line: 9) }
        let finding = try #require(scene.findings.first)
        #expect((finding.kind, finding.severity, finding.count) == (.unwrittenOutput, .warning, 10))
        #expect(finding.place.line == 9)
        #expect(finding.message.contains("out[3] to out[4], out[6], out[9] to out[15]: 10 of 16 cells"))
    }

    @Test func aGridThatIsTooSmallIsSaid() throws {
        let big = MemoryRegion(name: "out", byteCount: 4000, element: .float, isOutput: true)
        let scene = Scene([big])
        for thread in 0..<64 { scene.write(thread, thread, line: 9) }
        #expect(try #require(scene.findings.first).message.contains("take a grid of 16 blocks"))
    }

    @Test func accumulatorsNeedNotBeTouchedWhole() {
        let scene = Scene([Scene.out])
        scene.touch(0, 3, [.write, .atomic], line: 9)
        #expect(scene.kinds == [])
    }

    @Test func aCrookedAddressIsMisaligned() {
        let scene = Scene([MemoryRegion(name: "pairs", byteCount: 64, element: .float)])
        scene.touch(0, 1, .read, line: 2, size: 8)
        scene.touch(0, 1, .read, line: 3, size: 8, shift: 4)
        #expect(scene.findings.map(\.kind) == [.misaligned])
        #expect(scene.findings.map(\.place.line) == [3])
    }

    @Test func twoBarriersAreNotOne() throws {
        let scene = Scene()
        scene.detectors.arrives(block: 0, thread: 0, line: 8)
        scene.detectors.arrives(block: 0, thread: 1, line: 6)
        let finding = try #require(scene.findings.first)
        #expect((finding.kind, finding.place.line, finding.other?.line) == (.divergentBarrier, 6, 8))
        #expect(finding.threads.map(\.thread.x) == [1, 0])
    }

    @Test func aBarrierThatSomeNeverReachIsTold() throws {
        let scene = Scene(block: 4)
        for thread in 0..<3 { scene.detectors.arrives(block: 0, thread: thread, line: 8) }
        scene.detectors.reportStuckBarrier()
        let finding = try #require(scene.findings.first { $0.kind == .divergentBarrier })
        #expect(
            finding.message.contains(
                "3 of the 4 threads of block 0 wait here (the first is thread 0), and thread 3 ended"))
    }

    @Test func theRecordStaysWithinItsLimitAndSaysSo() {
        let scene = Scene([MemoryRegion(name: "big", byteCount: 1 << 24, element: .float)], memoryLimit: 1 << 18)
        for page in 0..<1000 { scene.write(0, page * 1000, line: 3) }
        #expect(scene.detectors.limits.count == 1)
        #expect(scene.kinds == [])
    }
}
