import Foundation
import Glibc
import StewardAPI
import StewardTraining
import Testing

@testable import StewardCommandLine
@testable import StewardServer

@Suite struct ComputeRequestTests {
    @Test(arguments: [
        ("4096", ComputeSize(4096)), ("16x16", ComputeSize(16, 16)), ("8x8x4", ComputeSize(8, 8, 4)),
        ("3,2", ComputeSize(3, 2)), ("0", ComputeSize(0)),
    ])
    func aSizeIsReadFromText(_ text: String, _ size: ComputeSize) { #expect(ComputeSize(text) == size) }

    @Test(arguments: ["", "x", "4x", "1x2x3x4", "-1", "4.5", "99999999999999999999", "4294967296"])
    func whatIsNoSizeIsRefused(_ text: String) { #expect(ComputeSize(text) == nil) }

    @Test(arguments: ["4096", "\"4096\"", "[4096]", "[4096, 1, 1]"])
    func jsonTakesASizeAsNumberTextOrList(_ json: String) throws {
        #expect(try JSONDecoder().decode(ComputeSize.self, from: Data(json.utf8)) == ComputeSize(4096))
    }

    @Test func aSizeSurvivesItsOwnJSON() throws {
        let size = ComputeSize(16, 8, 2)
        #expect(try JSONDecoder().decode(ComputeSize.self, from: JSONEncoder().encode(size)) == size)
        #expect("\(size)" == "16x8x2")
    }

    @Test(arguments: [("500ms", 0.5), ("10s", 10), ("1.5m", 90), ("1h", 3600)])
    func aTimeIsReadWithItsUnit(_ text: String, _ seconds: Double) { #expect(ComputeTime(text)?.seconds == seconds) }

    @Test(arguments: ["10", "s", "-1s", "0s", "1d", "infs", "nans", "1e18s", "1e308h"])
    func whatIsNoTimeIsRefused(_ text: String) { #expect(ComputeTime(text) == nil) }

    private func sentence(_ json: String) -> String {
        do {
            _ = try RequestReading.read(ComputeRun.self, fields: ComputeRun.CodingKeys.self, from: Array(json.utf8))
            return ""
        } catch {
            return error.problem.detail
        }
    }

    @Test func aMistakeInARequestNamesItsField() {
        #expect(sentence("{\"source\": \"x\", \"grid\": 1}") == "`block` is missing.")
        #expect(sentence("{\"source\": 1, \"grid\": 1, \"block\": 1}") == "`source` must be text.")
        #expect(sentence("{\"sorce\": 1}") == "There is no field `sorce`; did you mean `source`?")
        #expect(sentence("[1]") == "The body is a JSON object.")
        #expect(sentence("{\"source\": \"x\", \"grid\": {}, \"block\": 1}").contains("`grid`: a size is 4096"))
        #expect(
            sentence("{\"source\": \"x\", \"grid\": 1, \"block\": 1, \"n\": \"x\"}") == "`n` must be a whole number.")
        #expect(sentence("{\"source\": \"x\", \"grid\": \"16x16\", \"block\": [8, 8], \"repeat\": 3}") == "")
    }

    private let folder = CheckpointFolder(path: "/state/compute")

    @Test(arguments: [
        ("points", "/state/compute/points"), ("a/b", "/state/compute/a/b"), ("/srv/points", "/srv/points"),
    ])
    func aCheckpointIsAPathOrANameInTheServersFolder(_ name: String, _ place: String) throws {
        for (action, model) in [(ComputeAction.train, "\"model\": \"chargpt\", "), (.sample, "")] {
            let body = Array("{\(model)\"checkpoint\": \"\(name)\"}".utf8)
            let order = try ComputeOrder(action, body, settings: ComputeSettings(), folder: folder)
            let request = try JSONDecoder().decode([String: String].self, from: Data(order.request))
            #expect(request["checkpoint"] == place && order.isStreamed && order.mayUseGPU)
        }
    }

    @Test(arguments: ["", ".", "..", "../points", "a/../../b", "a//b", "a/"])
    func aNameThatLeadsOutOfTheFolderIsRefused(_ name: String) {
        let body = Array("{\"checkpoint\": \"\(name)\"}".utf8)
        let error = #expect(throws: ComputeExecution.ComputeProblemError.self) {
            try ComputeOrder(.sample, body, settings: ComputeSettings(), folder: folder)
        }
        #expect(error?.problem.code == "bad-request")
        #expect(error?.problem.detail.contains("`checkpoint` is '\(name)'") == true)
        #expect(error?.problem.detail.contains("/state/compute") == true)
    }

    @Test(arguments: [
        ([], true), ([""], true), (["*/*"], true), (["text/event-stream"], true), (["application/json"], false),
        (["application/json", "text/*;q=0.1"], true), (["*/*, text/event-stream; Q=0"], false),
        (["text/event-stream", "*/*;q=0"], true), (["application/json;q=0.9, TEXT/EVENT-STREAM"], true),
    ])
    func eventsAreForClientsThatTakeThem(_ fields: [String], _ isMet: Bool) {
        #expect(EventStreamWish.isMet(by: fields) == isMet)
    }

    @Test func settingsAreCalledWhatUsersCallThem() {
        let error = TrainingError(.setting, "topK is 0: it must be 1 or more.", field: "topK")
        #expect(error.calling(TrainingFields.ofRequests).message == "top_k is 0: it must be 1 or more.")
        #expect(error.calling(TrainingFields.ofOptions).message == "--top-k is 0: it must be 1 or more.")
        let advice = TrainingError(
            .checkpoint, "/a/topK is there: `resume`, a lower `learningRate` or `compute train` help.",
            field: "checkpoints")
        #expect(
            advice.calling(TrainingFields.ofOptions).message
                == "/a/topK is there: --resume, a lower --rate or `compute train` help.")
        #expect(
            advice.calling(TrainingFields.ofRequests).message
                == "/a/topK is there: `resume`, a lower `learning_rate` or `compute train` help.")
        #expect(advice.calling(TrainingFields.ofOptions).field == "--checkpoint")
    }

    @Test func aDeadlineIsNoLongerThanTheSettingsAllow() throws {
        var settings = ComputeSettings()
        settings.deadline = .seconds(5)
        let body = Array("{\"source\": \"x\", \"grid\": 1, \"block\": 1, \"deadline\": \"1m\"}".utf8)
        #expect(try ComputeOrder(.run, body, settings: settings, folder: folder).limits.run == 5)
        let short = Array("{\"source\": \"x\", \"grid\": 1, \"block\": 1, \"deadline\": 0.5}".utf8)
        #expect(try ComputeOrder(.run, short, settings: settings, folder: folder).limits.run == 0.5)
        #expect(try ComputeOrder(.run, short, settings: settings, folder: folder).limits.memory == settings.memory)
    }
}

@Suite struct ComputeEndingTests {
    private func ending(_ cause: ComputeEnding.Cause, _ messages: [(String, String)] = []) -> ComputeEnding {
        var ending = ComputeEnding(.run, limits: ComputeLimits())
        for (name, json) in messages { ending.note(ComputeMessage(name: name, json: Array(json.utf8))) }
        return ending.after(cause)
    }

    private let running = ("running", "{\"kernel\":\"spin\",\"device\":\"cpu\",\"shape\":\"grid 1, block 1\"}")

    @Test func aResultIsNoProblem() {
        #expect(ending(.exit(0), [running, ("result", "{}")]).problem(checking: "x") == nil)
    }

    @Test func aDeadlineSaysWhatRanAndWhatToDo() {
        let problem = ending(.deadline, [running]).problem(checking: "`steward compute check spin.cu`")
        #expect(problem?.code == "kernel-deadline" && problem?.status == 504)
        #expect(
            problem?.detail.hasPrefix("kernel `spin` (grid 1, block 1) on cpu did not end within 10 s (deadline);")
                == true)
        #expect(problem?.detail.contains("`steward compute check spin.cu` runs it under the detectors") == true)
        #expect(ending(.deadline).problem(checking: "")?.detail.contains("not compiled within 2 min") == true)
    }

    @Test(arguments: [
        (SIGSEGV, "SIGSEGV"), (SIGFPE, "SIGFPE"), (SIGILL, "SIGILL"), (SIGABRT, "SIGABRT"), (SIGKILL, "memory"),
    ])
    func aSignalIsExplained(_ signal: Int32, _ word: String) {
        let problem = ending(.signal(signal), [running]).problem(checking: "X")
        #expect(problem?.code == "kernel-fault" && problem?.detail.contains(word) == true)
        #expect(problem?.detail.hasSuffix("X finds the line.") == true)
    }

    @Test func aCardThatWasTakenBackIsToBeAskedForAgain() {
        let problem = ending(.cardLost).problem(checking: "")
        #expect(problem?.code == "gpu-cancelled" && problem?.status == 503)
    }

    @Test func theChildsOwnProblemCounts() {
        let told =
            "{\"type\":\"about:blank\",\"title\":\"t\",\"status\":422,\"code\":\"c\",\"detail\":\"d\",\"diagnostics\":[]}"
        #expect(ending(.exit(0), [("problem", told)]).problem(checking: "")?.code == "c")
        #expect(ending(.exit(3)).problem(checking: "")?.detail.contains("ended with code 3") == true)
    }

    @Test func whatIsPrintedIsKeptUpToTheLimit() {
        var limits = ComputeLimits()
        limits.printed = 5
        var ending = ComputeEnding(.run, limits: limits)
        ending.keep(printed: Array("abc".utf8)[...])
        #expect(!ending.isPrintedCut)
        ending.keep(printed: Array("defg".utf8)[...])
        #expect(ending.printed == "abcde" && ending.isPrintedCut)
    }

    @Test func aMessageSurvivesItsLine() {
        let message = ComputeMessage(name: "progress", json: Array("{\"a\": 1}".utf8))
        #expect(ComputeMessage(line: message.line.dropLast()) == message)
        #expect(ComputeMessage(line: Array("nothing".utf8)[...]) == nil)
    }
}

@Suite struct ComputeTextTests {
    @Test(arguments: [
        (0.1234, "0.123"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123"), (1234, "1234"), (-2.5, "-2.50"),
    ])
    func threeDigitsCount(_ value: Double, _ text: String) { #expect(ComputeRunText.digits(value) == text) }

    @Test(arguments: [(3.12e-4, "312 µs"), (4.1e-3, "4.10 ms"), (2.5, "2.50 s"), (600, "10.0 min")])
    func timesHaveTheirUnit(_ seconds: Double, _ text: String) { #expect(ComputeRunText.time(seconds) == text) }

    @Test func largeNumbersAreGrouped() {
        #expect(ComputeRunText.grouped(1_048_576) == "1,048,576" && ComputeRunText.grouped(999) == "999")
    }

    @Test func theMedianOfAnEvenNumberOfRunsLiesBetween() {
        let result = ComputeRunResult(
            kernel: "k()", device: "cpu", deviceName: "x", grid: ComputeSize(1), block: ComputeSize(1),
            compileSeconds: 0,
            seconds: [4, 1, 2, 3], bytes: 10_000_000_000, outputs: [])
        #expect(result.medianSeconds == 2.5 && result.gigabytesPerSecond == 4)
    }

    @Test func numpysHeadEndsOnAMultipleOf64() throws {
        for count in [1, 100, 123_456_789] {
            let head = try OutputFile.head(.float, count: count)
            #expect(head.count % 64 == 0 && head.last == UInt8(ascii: "\n"))
        }
    }
}
