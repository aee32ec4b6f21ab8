import Testing

@testable import StewardTraining

@Suite struct DataTests {
    static func refusal(_ body: () throws -> Void) throws -> String {
        let error = try #require(throws: TrainingError.self) { try body() }
        #expect(error.code == .data && error.field == "data")
        return error.message
    }

    @Test func aFoldersTextsAreReadInOrderOfTheirPaths() throws {
        let folder = TestFolder()
        folder.write("b.txt", Array("zwei".utf8))
        folder.write("a.txt", Array("eins é".utf8))
        folder.write(".hidden", [0, 255])
        let data = try TextData(path: folder.path, validationPart: 0, context: 4)
        #expect(data.vocabulary.text(data.training) == "eins ézwei")
        #expect(data.validation.isEmpty)
        #expect(data.vocabulary.count == 8)
    }

    @Test func dataThatAreMissingOrNoTextAreNamedWithThePlace() throws {
        let folder = TestFolder()
        func read(_ name: String = "") throws {
            _ = try TextData(path: "\(folder.path)\(name)", validationPart: 0.1, context: 4)
        }
        #expect(try Self.refusal { try read("/none") }.contains("No such file"))
        #expect(try Self.refusal { try read() }.contains("has no file"))
        folder.write("short", Array("abc".utf8))
        #expect(try Self.refusal { try read("/short") }.contains("has 3 characters"))
        folder.write("broken", Array("abé".utf8) + [0xff, 65])
        #expect(try Self.refusal { try read("/broken") }.contains("byte 255 at offset 4"))
        folder.write("cut", Array("ab€".utf8.dropLast()))
        #expect(try Self.refusal { try read("/cut") }.contains("offset 2"))
        folder.write("binary", [65, 66, 0, 67])
        #expect(try Self.refusal { try read("/binary") }.contains("byte 0 at offset 2"))
    }

    @Test func validationIsTheTextsEndAndTargetsAreOneOn() throws {
        let data = try TextData(
            String((0..<100).map { Character(Unicode.Scalar(UInt8(33 + $0 % 90))) }), validationPart: 0.2, context: 5)
        #expect(data.training.count == 80 && data.validation.count == 20)
        var randomness = Randomness(seed: 1, stream: 1)
        for _ in 0..<50 {
            let (inputs, targets) = TextData.draw(data.training, batch: 2, context: 5, &randomness)
            #expect(Array(inputs[1..<5]) == Array(targets[0..<4]) && Array(inputs[6..<10]) == Array(targets[5..<9]))
        }
    }

    @Test func idxFilesAreReadAndFaultsAreNamed() throws {
        let folder = TestFolder()
        let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 8] + [UInt8](repeating: 51, count: 128)
        folder.write("train-images-idx3-ubyte", images)
        folder.write("train-labels.idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 7, 3])
        let digits = try Digits.read(folder: folder.path, part: "train")
        #expect(digits.labels == [7, 3] && digits.side == 8 && digits.pixels.allSatisfy { $0 == 0.2 })
        #expect(
            try Self.refusal { _ = try Digits.read(folder: folder.path, part: "t10k") }.contains(
                "t10k-images-idx3-ubyte"))
        for (bytes, word) in [
            (Array(images.dropLast()), "should have 128 cells"), ([0x1f, 0x8b, 8, 3], "gunzip"),
            ([1, 2, 3, 4], "no IDX file"),
            ([0, 0, 13, 3], "type 13"), ([0, 0, 8, 1], "1 dimensions, not 3"), ([0, 0, 8, 3, 0], "cut short"),
            ([0, 0, 8, 3] + [UInt8](repeating: 255, count: 12), "too large"),
        ] as [([UInt8], String)] {
            #expect(try Self.refusal { _ = try IDX(bytes, file: "f", dimensions: 3) }.contains(word))
        }
        folder.write("train-labels.idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 7, 12])
        #expect(
            try Self.refusal { _ = try Digits.read(folder: folder.path, part: "train") }.contains("label 12 at place 1")
        )
    }

    @Test func drawnDigitsRepeatAndDiffer() {
        let digits = Digits.drawn(40, seed: 1)
        #expect(digits.pixels == Digits.drawn(40, seed: 1).pixels)
        #expect(digits.pixels != Digits.drawn(40, seed: 2).pixels)
        #expect(digits.pixels.allSatisfy { (0...1).contains($0) } && Set(digits.labels).count > 6)
    }

    @Test func schedulesRiseAndFall() {
        let cosine = Schedule.cosine(warmUp: 10, steps: 110, floor: 0.1)
        #expect(abs(cosine.rate(2, step: 0) - 0.2) < 1e-12 && cosine.rate(2, step: 10) == 2)
        #expect(abs(cosine.rate(2, step: 60) - 1.1) < 1e-12 && abs(cosine.rate(2, step: 110) - 0.2) < 1e-12)
        #expect(Schedule.step(every: 5, factor: 0.5).rate(1, step: 10) == 0.25)
        #expect(Schedule.constant.rate(3, step: 99) == 3)
    }

    @Test func aCurveIsDrawn() {
        var curve = LossCurve()
        for step in 1...200 { curve.add(step: step, loss: 4 / Double(step)) }
        curve.add(step: 100, validation: 1)
        curve.add(step: 200, validation: .nan)
        #expect(curve.sparkline(8).count == 8 && curve.sparkline(8).first == "█" && curve.sparkline(8).last == "▁")
        let lines = curve.plot(width: 40, height: 6).split(separator: "\n")
        #expect(lines.count == 8 && lines[0].contains("*") && lines.contains { $0.contains("o") })
        let svg = curve.svg(title: "a < b")
        #expect(svg.hasPrefix("<svg") && svg.contains("a &lt; b") && svg.contains("<polyline") && !svg.contains("nan"))
        #expect(LossCurve().sparkline() == "" && LossCurve().plot() == "" && LossCurve().svg().contains("</svg>"))
        #expect(LossCurve.number(-1.0625) == "-1.063" && LossCurve.number(2.04) == "2.040")
    }
}
