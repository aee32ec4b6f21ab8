import Glibc
import StewardCompute

/// A character model out of a checkpoint: what sizes and vocabulary it has, and its weights. What the optimiser kept is left.
struct StoredCharGPT {
    /// The file.
    let path: String
    /// After how many steps it was written.
    let step: Int
    let vocabulary: Vocabulary
    private let sizes: CharGPT.Configuration
    private let file: Safetensors

    /// Reads the file, or the folder's checkpoint.
    /// - Throws: ``TrainingError/Code/checkpoint`` about a file that is no whole checkpoint of a character model.
    init(_ place: String) throws(TrainingError) {
        var status = stat()
        let isFolder = stat(place, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        path = isFolder ? "\(place)/\(Checkpoint.name)" : place
        file = try Safetensors(FileContents.read(path, .checkpoint, field: "checkpoint"), file: path)
        let model = try Self.text("model", in: file)
        guard model == TrainingSettings.Model.chargpt.rawValue else {
            throw Safetensors.refuse(path, "it is of the model \(model), and only chargpt writes text")
        }
        step = try Self.number("step", in: file)
        let characters = Array(try Self.text("vocabulary", in: file).unicodeScalars)
        vocabulary = Vocabulary(characters)
        guard !characters.isEmpty, vocabulary.characters == characters else {
            throw Safetensors.refuse(path, "its vocabulary is empty or out of order")
        }
        var settings = TrainingSettings(.chargpt, data: "-")
        settings.context = try Self.number("context", in: file)
        settings.layers = try Self.number("layers", in: file)
        settings.heads = try Self.number("heads", in: file)
        settings.width = try Self.number("width", in: file)
        if let problem = settings.problems().first {
            throw Safetensors.refuse(path, "its \(problem.message.prefix { $0 != ":" })")
        }
        sizes = CharGPT.Configuration(
            vocabulary: characters.count, context: settings.context, layers: settings.layers, heads: settings.heads,
            width: settings.width)
    }

    /// The model with its weights on the device. They are checked before any memory of their size is taken.
    func model(on device: TensorDevice) throws(TrainingError) -> CharGPT {
        let model = try onDevice { () throws(ComputeError) in CharGPT(sizes, key: try RandomKey(seed: 0, on: device)) }
        var weights: [[Float]] = []
        for parameter in model.parameters { weights.append(try file.floats(parameter.name, parameter.shape)) }
        try file.requireOnly(Set(model.parameters.flatMap(Checkpoint.names)))
        try onDevice { () throws(ComputeError) in
            _ = try ParameterSet(model.parameters, on: device) { index, _ in weights[index] }
        }
        return model
    }

    private static func text(_ key: String, in file: Safetensors) throws(TrainingError) -> String {
        guard let text = file.metadata["steward.\(key)"] else {
            throw Safetensors.refuse(
                file.file, "it doesn't say its \(key), as checkpoints of `steward compute train chargpt` do")
        }
        return text
    }

    private static func number(_ key: String, in file: Safetensors) throws(TrainingError) -> Int {
        let text = try text(key, in: file)
        guard let number = Int(text), number >= 0 else {
            throw Safetensors.refuse(file.file, "its \(key) is '\(text)', no number")
        }
        return number
    }
}
