import Glibc
import StewardCompute
import Testing

private let saxpy = KernelSignature(
    name: "saxpy",
    parameters: [
        .init(name: "a", type: .scalar(.float), isConstant: false),
        .init(name: "x", type: .pointer(.float), isConstant: true),
        .init(name: "y", type: .pointer(.float), isConstant: false),
        .init(name: "n", type: .scalar(.int32), isConstant: false),
    ], line: 3)

private func buffer(_ argument: LaunchArgument) -> LaunchArgument.Cells? {
    if case .buffer(let cells) = argument.content { cells } else { nil }
}

private func message(_ texts: [String], _ parser: LaunchArgumentParser = .init(n: 8)) -> String {
    do throws(ComputeError) {
        return "parsed: \(try parser.parse(texts, for: saxpy))"
    } catch {
        #expect(error.code == .arguments)
        return error.message
    }
}

@Suite struct LaunchArgumentTests {
    @Test func positionsAndNamesMeanTheSame() throws {
        let parser = LaunchArgumentParser()
        let positional = try parser.parse(["2.0", "float[9]:iota", "float[9]", "9"], for: saxpy)
        let named = try parser.parse(["n=9", "y=float[9]", "x=[9]:iota", "a=2.0"], for: saxpy)
        #expect(positional == named)
        #expect(positional.map(\.description) == ["a=2.0", "x=float[9]:iota", "y=float[9]", "n=9"])
    }

    @Test func nIsTheSizeAndTheLength() throws {
        let arguments = try LaunchArgumentParser(n: 1000, missing: .assumed).parse([], for: saxpy)
        #expect(arguments.map(\.description) == ["a=2", "x=float[1000]:iota", "y=float[1000]", "n=1000"])
        #expect(arguments.map(\.isAssumed) == [true, true, true, true])
        let same = try LaunchArgumentParser(missing: .assumed).parse(["n=1000"], for: saxpy)
        #expect(same.map(\.description) == arguments.map(\.description))
    }

    @Test func onlyBuffersThatAreWrittenAndWhoseLengthIsGivenAreOutputs() throws {
        func isOutput(_ text: String) throws -> Bool? {
            buffer(
                try LaunchArgumentParser(n: 8, missing: .assumed).parse([text], for: saxpy)[text.first == "x" ? 1 : 2])?
                .isOutput
        }
        #expect(try isOutput("y=float[8]") == true)
        #expect(try isOutput("y=[8]:uninitialised") == true)
        #expect(try isOutput("y=zeros") == false)
        #expect(try isOutput("y=[8]:iota") == false)
        #expect(try isOutput("x=[8]") == false)
    }

    @Test(arguments: [
        ("x=iota", "x=float[8]:iota"), ("x=random(7)", "x=float[8]:random(7)"), ("x=random:7", "x=float[8]:random(7)"),
        ("x=1,2.5,3", "x=float[3]:1,2.5,3"), ("x=[2]:1,2", "x=float[2]:1,2"), ("x=[5]:0.5", "x=float[5]:0.5"),
        ("x=ones", "x=float[8]:1"), ("x=float", "x=float[8]"), ("x=f32[3]:ones", "x=float[3]:1"),
        ("x=0x10", "x=float[8]:16"), ("x=-inf", "x=float[8]:-inf"), ("x=[0]", "x=float[0]"),
    ])
    func contentsAreWrittenInManyWays(_ text: String, _ expected: String) throws {
        let arguments = try LaunchArgumentParser(n: 8, missing: .assumed).parse([text], for: saxpy)
        #expect(arguments[1].description == expected)
        let again = try LaunchArgumentParser(missing: .assumed).parse(["n=8", expected], for: saxpy)
        #expect(again[1] == arguments[1])
    }

    @Test(arguments: [
        (["a=two"], "Argument 1 (a) of saxpy(float a, const float* x, float* y, int n) is 'two'"),
        (["1", "iota", "zeros", "n=1.5"], "int takes whole numbers from -2147483648 to 2147483647"),
        (["1", "iota", "zeros", "n=3000000000"], "int takes whole numbers"),
        (["z=1"], "has no parameter 'z': its parameters are a, x, y, n."),
        (["1", "iota", "zeros", "4", "5"], "'5' is one too many: saxpy("),
        (["a=1", "a=2"], "a is given twice"),
        (["a=1", "x=double[8]"], "it points to float, not double"),
        (["a=1", "x=[4]:1,2"], "has 2 values for 4 cells"),
        (["a=1", "x=[-1]"], "the length in brackets is a number of cells"),
        (["a=1", "x=[4"], "the length in brackets is a number of cells"),
        (
            ["a=1", "x=nonsense"],
            "contents are zeros, ones, iota, random(SEED), uninitialised, numbers (1,2,3), or @FILE"
        ),
        (["a=1", "x=1,,2"], "contents are zeros"),
        (["x=iota"], "Argument 1 (a) of saxpy(float a, const float* x, float* y, int n) is not given: give a=NUMBER."),
        (["a=1", "x=[9223372036854775807]"], "ask for fewer"),
        (["a=1", "x=[4000000000]", "y=[4000000000]"], "brings the buffers to 32000000000 bytes"),
        (["a=1", "x=@/nowhere/at.all"], "/nowhere/at.all can't be read: No such file or directory."),
        (["a=1e999"], "it takes a number"), (["a="], "it takes a number"), (["a=nano"], "it takes a number"),
    ])
    func aMistakeIsToldWithThePlaceAndTheWayOut(_ texts: [String], _ part: String) {
        #expect(message(texts).contains(part), "\(message(texts))")
    }

    @Test func withoutALengthItSaysHowToGiveOne() {
        #expect(message(["1", "iota", "zeros", "4"], .init()).contains("parsed"))
        #expect(message(["1", "iota"], .init()).contains("without a length: write float[1000], or give --n"))
    }

    @Test func filesAreRefusedWhereTheyAreNobodysBusiness() {
        #expect(
            message(["a=1", "x=@/etc/passwd"], .init(n: 8, allowsFiles: false)).contains("files can't be given here"))
        #expect(message(["a=1", "x=@/dev/zero"]).contains("no regular file"))
    }

    @Test func aLineIsSplitAtWhiteSpaceOutsideQuotes() {
        #expect(LaunchArgumentParser.split(" 2.0  'x=random( 7 )'\tn=3 \"\" ") == ["2.0", "x=random( 7 )", "n=3", ""])
    }

    @Test func argumentsGoThroughJSONUnchanged() throws {
        let arguments = try LaunchArgumentParser(n: 4, missing: .assumed).parse(["x=1,2.5,3"], for: saxpy)
        #expect(try roundTrip(arguments) == arguments)
        let special: [LaunchArgument.Number] = [.real(.infinity), .real(-.infinity), .unsigned(.max), .real(0.5)]
        #expect(try roundTrip(special) == special)
    }

    @Test func noTextCrashesTheParser() {
        var generator = Mutator(seed: 11)
        let seeds = [
            "2.0", "n=1000", "x=float[1000]:iota", "y=[3]:1,2,0xFF", "x=random(7)", "x=@file.npy", "y=uninit",
            "a=-1e-3f",
        ]
        for _ in 0..<20_000 {
            let texts = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                generator.mutate(seeds.randomElement(using: &generator)!)
            }
            let parser = LaunchArgumentParser(n: 16, missing: .assumed, allowsFiles: false)
            guard let arguments = try? parser.parse(texts, for: saxpy) else { continue }
            let again = try? parser.parse(arguments.map(\.description), for: saxpy)
            #expect(again?.map(\.description) == arguments.map(\.description), "\(texts)")
        }
    }
}

@Suite struct LaunchArgumentBytesTests {
    private func read(_ text: String, _ element: ElementType) throws -> [LaunchArgument.Number] {
        let kernel = KernelSignature(
            name: "k", parameters: [.init(name: "p", type: .pointer(element), isConstant: true)], line: 1)
        let arguments = try LaunchArgumentParser().parse([text], for: kernel)
        return try PreparedArguments(arguments, on: .select(.cpu)).cells(of: "p")
    }

    @Test(arguments: ElementType.allCases)
    func everyTypeHoldsWhatWasWritten(_ element: ElementType) throws {
        #expect(try read("1,2,100", element).map(\.real) == [1, 2, 100])
        #expect(try read("[4]:iota", element).map(\.real) == [0, 1, 2, 3])
        #expect(try read("[3]", element).map(\.real) == [0, 0, 0])
    }

    @Test func wholeNumbersStayExact() throws {
        #expect(try read("18446744073709551615,1", .uint64) == [.unsigned(.max), .integer(1)])
        #expect(try read("-9223372036854775808,1", .int64) == [.integer(.min), .integer(1)])
        #expect(try read("-1,127", .int8) == [.integer(-1), .integer(127)])
        #expect(try read("[300]:iota", .uint8).suffix(2) == [.integer(42), .integer(43)])
    }

    @Test func bfloat16RoundsToNearestEven() throws {
        #expect(try read("1.00390625,1.01171875", .bfloat16).map(\.real) == [1.0, 1.015625])
    }

    @Test func randomRepeatsAndIntegersAreIndices() throws {
        let reals = try read("[100]:random(7)", .float)
        let again = try read("[100]:random(7)", .float)
        let others = try read("[100]:random(8)", .float)
        #expect(reals == again)
        #expect(reals != others)
        #expect(reals.allSatisfy { (0..<1).contains($0.real) })
        let indices = try read("[100]:random(7)", .int32).map(\.real)
        #expect(Set(indices).isSubset(of: Set((0..<100).map(Double.init))))
    }

    @Test func filesAreReadRawAndAsNPY() throws {
        let folder = try TemporaryFolder()
        let raw = try folder.write("cells.bin", [0, 0, 128, 63, 0, 0, 0, 64])
        #expect(try read("@\(raw)", .float).map(\.real) == [1, 2])
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
        let npy = try folder.write(
            "cells.npy",
            [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
                + [0, 0, 128, 63, 0, 0, 0, 64])
        #expect(try read("@\(npy)", .float).map(\.real) == [1, 2])
        #expect(throws: ComputeError.self) { try read("@\(npy)", .double) }
        #expect(throws: ComputeError.self) { try read("[3]@\(npy)", .float) }
        let short = try folder.write("short.npy", [0x93] + Array("NUMPY".utf8) + [1, 0, 255, 0, 0, 0])
        #expect(throws: ComputeError.self) { try read("@\(short)", .float) }
    }
}
