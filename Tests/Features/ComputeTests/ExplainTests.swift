import Foundation
import FoundationXML
import StewardCompute
import Testing

/// One access of every lane of one warp, fed to a trace.
private func request(
    _ space: MemoryRegion.Space = .global, size: Int = 4, lanes: Int = 32, _ offset: (Int) -> Int
) -> Explanation.AccessPicture {
    let sites = SiteTable()
    let site = sites.add(LineTable.Place(file: "k.cu", line: 2))
    let context = LaunchContext(
        shape: LaunchShape(grid: 1, block: 32),
        regions: [MemoryRegion(name: "x", space: space, byteCount: 1 << 16, element: space == .global ? .float : nil)],
        sites: sites, kernel: LineTable.Place(file: "k.cu", line: 1), source: "kernel\nline two")
    let trace = AccessTrace(context)
    trace.begin(block: 0)
    for lane in 0..<lanes {
        trace.access(MemoryAccess(block: 0, thread: lane, region: 0, offset: offset(lane), size: size, site: site))
    }
    let kernel = KernelSignature(name: "k", parameters: [], line: 1)
    return Explanation(trace, kernel: kernel, file: "k.cu", arguments: []).accesses[0]
}

@Suite struct ExplainCostTests {
    @Test func sectorsAreThoseOfTheBestPracticesGuide() {
        func cost(_ offset: (Int) -> Int) -> [Int] {
            let picture = request(.global, offset)
            return [picture.sectors, picture.leastSectors, picture.lines]
        }
        #expect(cost { $0 * 4 } == [4, 4, 1])
        #expect(cost { $0 * 4 + 4 } == [5, 4, 2])
        #expect(cost { $0 * 8 } == [8, 4, 2])
        #expect(cost { $0 * 128 } == [32, 4, 32])
        #expect(cost { _ in 40 } == [1, 1, 1])
        #expect(cost { (31 - $0) * 4 } == [4, 4, 1])
    }

    @Test func lanesWhoseBytesOverlapNeedNoMoreThanTheyTouch() {
        func cost(size: Int, _ offset: (Int) -> Int) -> [Int] {
            let picture = request(.global, size: size, offset)
            return [picture.sectors, picture.leastSectors]
        }
        #expect(cost(size: 16) { $0 * 4 } == [5, 5])
        #expect(cost(size: 4) { $0 } == [2, 2])
        #expect(cost(size: 8) { $0 % 3 * 4 } == [1, 1])
        #expect(cost(size: 16) { $0 % 2 * 512 + $0 / 2 * 4 } == [6, 5])
        var picture = request(.global, size: 16) { $0 * 4 }
        #expect(picture.efficiency == 1)
        picture.leastSectors = 16
        #expect(picture.efficiency == 1)
    }

    @Test func patternsHaveNames() {
        #expect(request { $0 * 4 }.pattern == .neighbours)
        #expect(request { $0 * 4 + 4 }.pattern == .crooked)
        #expect(request { $0 * 8 }.pattern == .stride(2))
        #expect(request { (31 - $0) * 4 }.pattern == .stride(-1))
        #expect(request { _ in 8 }.pattern == .same)
        #expect(request { $0 * $0 * 4 }.pattern == .scattered)
    }

    @Test func efficiencyIsTheLeastPartOfWhatMoves() {
        #expect(request { $0 * 4 }.efficiency == 1)
        #expect(request { $0 * 4 + 4 }.efficiency == 0.8)
        #expect(request { $0 * 8 }.efficiency == 0.5)
    }

    @Test func banksQueueForDifferentWordsOnly() {
        func rounds(size: Int = 4, _ offset: (Int) -> Int) -> [Int] {
            let picture = request(.shared, size: size, offset)
            return [picture.rounds, picture.leastRounds]
        }
        #expect(rounds { $0 * 4 } == [1, 1])
        #expect(rounds { $0 * 8 } == [2, 1])
        #expect(rounds { $0 * 128 } == [32, 1])
        #expect(rounds { $0 * 132 } == [1, 1])
        #expect(rounds { _ in 64 } == [1, 1])
        #expect(rounds { $0 % 2 * 128 } == [2, 1])
        #expect(rounds(size: 8) { $0 * 8 } == [2, 2])
        #expect(rounds(size: 16) { $0 * 16 } == [4, 4])
        #expect(rounds(size: 1) { $0 } == [1, 1])
    }
}

@Suite(.serialized) struct ExplainKernelTests {
    private func explain(
        _ source: KernelSource, _ shape: LaunchShape, n: Int? = nil, _ arguments: String...
    ) throws -> Explanation {
        let signature = try #require(try KernelCheck.signatures(of: source).first)
        let parsed = try LaunchArgumentParser(n: n, missing: .assumed).parse(arguments, for: signature)
        return try Explanation.of(source: source, kernel: signature.name, shape: shape, arguments: parsed)
    }

    @Test func saxpyIsDrawnInTheTerminal() throws {
        let explanation = try explain(Fixture.example("saxpy"), LaunchShape(grid: 4, block: 256), n: 1000)
        #expect(explanation.terminalText() == Self.saxpy, "\(explanation.terminalText())")
        for line in explanation.terminalText(columns: 60).split(separator: "\n") {
            #expect(line.count <= 60, "\(line)")
        }
    }

    @Test func everyCellHasItsThread() throws {
        let explanation = try explain(Fixture.example("saxpy"), LaunchShape(grid: 4, block: 256), n: 1000)
        let array = try #require(explanation.arrays.first)
        #expect((array.name, array.cells, explanation.arrays.count) == ("y", 1000, 1))
        #expect(array.writers == (0..<1000).map { .thread($0) })
        #expect(explanation.idleThreads == 24)
        let last = try #require(explanation.warps.last)
        #expect(last.lanes == Array(repeating: .works, count: 8) + Array(repeating: .idle, count: 24))
        #expect(last.divergentLines == [5])
        #expect(explanation.warps.dropLast().allSatisfy { $0.divergentLines.isEmpty })
    }

    @Test func aTransposeShowsItsStrideAndItsBanks() throws {
        let text = """
            __global__ void k(const float *x, float *y, int n) {
                __shared__ float tile[32][32];
                int i = threadIdx.x, j = threadIdx.y;
                tile[j][i] = x[j * n + i];
                __syncthreads();
                y[i * n + j] = tile[j][i];
                x[0] == -1.0f ? y[0] = tile[i][j] : 0;
            }
            """
        let explanation = try explain(
            KernelSource(text, file: "k.cu"), LaunchShape(grid: 1, block: Dim3(32, 32)), "n=32", "x=float[1024]:-1",
            "y=float[1024]")
        func find(_ line: Int, _ array: String) throws -> Explanation.AccessPicture {
            try #require(explanation.accesses.first { $0.place.line == line && $0.array == array })
        }
        #expect(try find(4, "x").efficiency == 1)
        #expect(try find(6, "y").pattern == .stride(32))
        #expect(try find(6, "y").efficiency == 0.125)
        #expect(try find(7, "tile").worstRounds == 32)
        #expect(
            explanation.facts.contains { $0.hasPrefix("Line 6: writing y moves 1024 sectors") }, "\(explanation.facts)")
        #expect(explanation.facts.contains { $0.hasPrefix("Line 7: reading tile makes lanes queue") })
        #expect(explanation.terminalText().contains("12.5 %  32 cells apart"))
    }

    @Test func ofALargeLaunchThreeBlocksAreLookedAtAndThatIsSaid() throws {
        let explanation = try explain(Fixture.example("saxpy"), LaunchShape(grid: 100, block: 48), n: 4000)
        #expect(explanation.sampledBlocks == [0, 50, 99])
        #expect(explanation.idleThreads == 800)
        #expect(explanation.facts.contains { $0.contains("blocks 0, 50, 99 of 100") })
        #expect(explanation.facts.contains { $0.contains("fills its last warp only to 16 of 32 lanes") })
        #expect(explanation.warps.filter { $0.block == 99 }.allSatisfy { $0.lanes.allSatisfy { $0 == .idle } })
    }

    @Test func thePictureIsWellFormedAndHasEveryThread() throws {
        let explanation = try explain(Fixture.example("saxpy"), LaunchShape(grid: 4, block: 256), n: 1000)
        let svg = explanation.svg()
        let reader = ElementReader()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.titles.contains("y[300]: block 1, thread 44, warp 1"))
        #expect(reader.titles.contains("block 3, thread 255 (warp 7, lane 31): idle"))
        #expect(reader.titles.filter { $0.hasPrefix("y[") }.count == 1000)
        #expect(reader.height > 400 && reader.names.isSubset(of: ["svg", "title", "style", "rect", "path", "text"]))
        #expect(!svg.contains("http") || svg.components(separatedBy: "http").count == 2, "nothing is fetched")
    }

    @Test func severalAtOnceOfOneNewSourceDoNotDisturbEachOther() async throws {
        // New to the cache: each compiles it, and all open the same object.
        let text = try Fixture.example("saxpy").text + "\n// \(UInt64.random(in: 0...UInt64.max))\n"
        let idle = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let source = KernelSource(text, file: "saxpy.cu")
                    return try explain(source, LaunchShape(grid: 40, block: 256), n: 10_000).idleThreads
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(idle == [240, 240, 240, 240])
    }

    @Test func anExplanationGoesThroughJSON() throws {
        let explanation = try explain(Fixture.example("saxpy"), LaunchShape(grid: 2, block: 32), n: 50)
        #expect(try roundTrip(explanation) == explanation)
    }

    @Test func aKernelThatGoesAstrayIsSentToTheCheck() throws {
        let source = KernelSource("__global__ void k(int *x) { x[-1000000000000LL] = 1; }", file: "k.cu")
        let error = #expect(throws: ComputeError.self) {
            try explain(source, LaunchShape(grid: 1, block: 1), "x=int[4]")
        }
        #expect(error?.message.contains("steward compute check") == true)
    }

    private static let saxpy = """
        saxpy.cu:3  saxpy(float a, const float* x, float* y, int n)
        4 blocks of 256 threads: 1024 threads, 1000 work, 24 idle
        assumed: a=2  x=float[1000]:iota  y=float[1000]  n=1000

        Who writes y (1000 cells): the block's number, · nobody, * several threads, +
        more than one; 2 cells a sign
               0  0000000000000000000000000000000000000000000000000000000000000000
             128  0000000000000000000000000000000000000000000000000000000000000000
             256  1111111111111111111111111111111111111111111111111111111111111111
             384  1111111111111111111111111111111111111111111111111111111111111111
             512  2222222222222222222222222222222222222222222222222222222222222222
             640  2222222222222222222222222222222222222222222222222222222222222222
             768  3333333333333333333333333333333333333333333333333333333333333333
             896  3333333333333333333333333333333333333333333333333333

        Warps, lane by lane: █ works, ▒ does less than its neighbours, · idle
        block 0   warps 0-7   ████████████████████████████████
        block 1   warps 0-7   ████████████████████████████████
        block 2   warps 0-7   ████████████████████████████████
        block 3   warps 0-6   ████████████████████████████████
        block 3   warp 7      ████████························  diverges at line 5

        Memory, by instruction: what was moved, and the least that would do
        5    read   x         125/125 sectors    ██████████   100 %  neighbours
        5    read   y         125/125 sectors    ██████████   100 %  neighbours
        5    write  y         125/125 sectors    ██████████   100 %  neighbours

        24 of 1024 threads are idle (2.3 %): the grid is larger than the work.
        1 of 32 warps diverges: at line 5 some lanes go on while the others wait.

        """
}

private final class ElementReader: NSObject, XMLParserDelegate {
    var titles: Set<String> = []
    var names: Set<String> = []
    var height = 0.0
    private var text = ""

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        names.insert(name)
        if name == "svg" { height = Double(attributes["height"] ?? "") ?? 0 }
        text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters characters: String) { text += characters }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if name == "title" { titles.insert(text) }
    }
}
