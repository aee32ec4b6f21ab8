import StewardCompute
import Testing

@testable import StewardTraining

@Suite struct SamplingTests {
    /// A folder with the checkpoint of a small model that has learned a little.
    static func checkpoint(_ change: (inout TrainingSettings) -> Void = { _ in }) throws -> TestFolder {
        let folder = TestFolder()
        var settings = TrainingTests.settings(steps: 40)
        settings.checkpoints = folder.path
        change(&settings)
        try Training(settings).run { _ in }
        return folder
    }

    static func settings(_ folder: TestFolder, prompt: String = "to be") -> SamplingSettings {
        var settings = SamplingSettings(folder.path, prompt: prompt)
        (settings.device, settings.length) = ("cpu", 60)
        return settings
    }

    @Test func theSameSeedWritesTheSameTextAndAnotherOneAnother() throws {
        let folder = try Self.checkpoint()
        var settings = Self.settings(folder)
        var characters = String.UnicodeScalarView()
        let first = try Sampling(settings).run { characters.append($0) }
        #expect(String(characters) == first.text && first.text.unicodeScalars.count == 60)
        #expect((first.step, first.device, first.prompt) == (40, "cpu", "to be"))
        #expect(first.checkpoint == "\(folder.path)/checkpoint.safetensors")
        settings.checkpoint = first.checkpoint
        #expect(try Sampling(settings).run() == first, "the file's own path is the same checkpoint")
        settings.seed = 2
        #expect(try Sampling(settings).run().text != first.text)
        settings.length = 20
        #expect(try Sampling(settings).run().text.unicodeScalars.count == 20)
        var count = 0
        let stopped = try Sampling(settings).run(isCancelled: { count >= 7 }) { _ in count += 1 }
        #expect(stopped.text.unicodeScalars.count == 7)
    }

    @Test func theKernelsOfAGPUWriteTheSameText() throws {
        let folder = try Self.checkpoint()
        let sampling = try Sampling(Self.settings(folder))
        #expect(try sampling.run(on: .cudaC) == sampling.run(on: .native))
    }

    @Test func itWritesWithTheWeightsOfTheCheckpoint() throws {
        // As the model itself predicts after training: the likeliest character, by a forward pass of its own.
        let folder = try Self.checkpoint()
        var settings = Self.settings(folder, prompt: "be, tha")
        (settings.temperature, settings.length) = (0, 1)
        let text = try Sampling(settings).run().text
        let stored = try StoredCharGPT(folder.path)
        let device = try TensorDevice(.cpu)
        let model = try stored.model(on: device)
        let tokens = stored.vocabulary.tokens("be, tha".unicodeScalars)
        let inputs = try Indices(tokens.count, below: stored.vocabulary.count, on: device)
        try inputs.write(tokens)
        let logits = try EvaluationPlan(device) { (tape) throws(ComputeError) in
            try model(inputs, batch: 1, length: tokens.count, tape)
        }.run().suffix(stored.vocabulary.count)
        let likeliest = logits.indices.max { logits[$0] < logits[$1] }! - logits.startIndex
        #expect(text == String(Character(stored.vocabulary.characters[likeliest])))
    }

    @Test func temperatureAndTopKChooseWhatIsDrawn() {
        let logits: [Float] = [0, 3, 2.5, -4, 3]
        func drawn(_ choice: CharacterChoice, times: Int = 2000) -> [Int] {
            var randomness = Randomness(seed: 7, stream: 0)
            var counts = [Int](repeating: 0, count: logits.count)
            for _ in 0..<times { counts[Int(choice.draw(logits[...], &randomness))] += 1 }
            return counts
        }
        #expect(drawn(CharacterChoice(temperature: 0)) == [0, 2000, 0, 0, 0], "the first of the likeliest")
        #expect(drawn(CharacterChoice(temperature: 1, topK: 1)) == [0, 2000, 0, 0, 0])
        let two = drawn(CharacterChoice(temperature: 1, topK: 2))
        #expect(two[1] + two[4] == 2000 && abs(two[1] - 1000) < 120)
        let all = drawn(CharacterChoice(temperature: 1, topK: 99))
        #expect(all == drawn(CharacterChoice(temperature: 1)) && all[0] > 10 && all[2] > 400)
        let hot = drawn(CharacterChoice(temperature: 100))
        #expect(hot.allSatisfy { abs($0 - 400) < 100 }, "nearly even: \(hot)")
        let cold = drawn(CharacterChoice(temperature: 0.01))
        #expect(cold[1] + cold[4] == 2000)
        var randomness = Randomness(seed: 1, stream: 1)
        let slice = ([5, 1, 2] as [Float])[1...]
        #expect(CharacterChoice(temperature: 0).draw(slice, &randomness) == 1, "a slice counts from its start")
    }

    @Test func aPromptMayBeMissingOrLongerThanTheContext() throws {
        let folder = try Self.checkpoint()
        var settings = Self.settings(folder, prompt: "")
        #expect(try Sampling(settings).run().text.unicodeScalars.count == 60)
        settings.prompt = String(repeating: "to be or not ", count: 9)
        let long = try Sampling(settings).run().text
        settings.prompt = String(settings.prompt.suffix(8))
        #expect(try Sampling(settings).run().text == long, "a context of 8 characters is looked at")
    }

    @Test func charactersThatTheModelDoesNotKnowAreNamed() throws {
        let folder = try Self.checkpoint()
        let error = try #require(throws: TrainingError.self) {
            try Sampling(Self.settings(folder, prompt: "to bé")).run()
        }
        #expect(error.code == .setting && error.field == "prompt")
        #expect(error.message.contains("Character 5 of the prompt, 'é' (U+00E9)"), "\(error)")
        #expect(error.message.hasSuffix(#"It knows \n ,.abehinoqrstu"#), "\(error)")
    }

    @Test func checkpointsOfAnotherModelOrCutShortAreRefused() throws {
        let folder = try Self.checkpoint()
        let whole = try folder.read("checkpoint.safetensors")
        func refusal() throws -> String {
            let error = try #require(throws: TrainingError.self) { try Sampling(Self.settings(folder)).run() }
            #expect(error.code == .checkpoint)
            return error.message
        }
        for length in [0, 7, 200, whole.count - 1] {
            folder.write("checkpoint.safetensors", Array(whole.prefix(length)))
            let message = try refusal()
            #expect(message.contains("checkpoint.safetensors can't be used: "), "\(length): \(message)")
        }
        func change(_ from: String, _ to: String) throws -> String {
            var bytes = whole
            let place = try #require(whole.firstRange(of: Array(from.utf8)))
            bytes.replaceSubrange(place, with: Array(to.utf8))
            folder.write("checkpoint.safetensors", bytes)
            return try refusal()
        }
        #expect(
            try change(#""steward.model":"chargpt""#, #""steward.model":"mlp"    "#).contains(
                "it is of the model mlp, and only chargpt writes text"))
        #expect(try change("steward.model", "steward.medal").contains("it doesn't say its model"))
        #expect(try change(#""steward.heads":"2""#, #""steward.heads":"3""#).contains("its heads is 3"))
        #expect(try change(#""steward.layers":"1""#, #""steward.layers":"2""#).contains("tensor h.1."))
        #expect(try change(#""steward.context":"8""#, #""steward.context":"9""#).contains("wpe.weight"))
        folder.write("checkpoint.safetensors", whole)
        #expect(try Sampling(Self.settings(folder)).run().text.unicodeScalars.count == 60)
        let missing = try #require(throws: TrainingError.self) { try Sampling(SamplingSettings("/none")).run() }
        #expect(missing.message == "/none can't be read: No such file or directory.")
    }

    @Test(arguments: ["length", "temperature", "topK", "device"])
    func settingsOutOfRangeAreNamed(field: String) throws {
        var settings = SamplingSettings("points")
        switch field {
        case "length": settings.length = 0
        case "temperature": settings.temperature = -1
        case "topK": settings.topK = 0
        default: settings.device = "tpu"
        }
        let error = try #require(throws: TrainingError.self) { try Sampling(settings) }
        #expect(error.field == field && error.message.hasPrefix("\(field) is "))
    }
}
