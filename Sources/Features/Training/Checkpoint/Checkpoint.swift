/// The state of a training between two steps, as a safetensors file: weights under their own names, the optimiser's
/// moments beside them, the rest as metadata.
struct Checkpoint {
    /// The file's name in its folder.
    static let name = "checkpoint.safetensors"

    var step: Int
    var weights: [[Float]]
    var first: [[Float]]
    var second: [[Float]]

    private static func names(_ parameter: Parameter) -> (first: String, second: String) {
        ("optimiser.first.\(parameter.name)", "optimiser.second.\(parameter.name)")
    }

    /// The tensors that a checkpoint has for a parameter.
    static func allNames(_ parameter: Parameter) -> [String] {
        let (first, second) = names(parameter)
        return [parameter.name, first, second]
    }

    /// Writes it to the folder; the earlier one stays until the new one is complete.
    /// `identity` is what going on from it requires, `notes` what readers may want to know.
    /// - Returns: the file's path.
    func write(
        _ folder: String, _ parameters: [Parameter], identity: [String: String], notes: [String: String]
    ) throws(TrainingError) -> String {
        var tensors: [(name: String, shape: Shape, values: [Float])] = []
        for (index, parameter) in parameters.enumerated() {
            let names = Self.names(parameter)
            tensors.append((parameter.name, parameter.shape, weights[index]))
            tensors.append((names.first, parameter.shape, first[index]))
            tensors.append((names.second, parameter.shape, second[index]))
        }
        var metadata = ["format": "pt", "steward.step": "\(step)"]
        for (key, value) in notes { metadata["steward.\(key)"] = value }
        for (key, value) in identity { metadata["steward.\(key)"] = value }
        let path = "\(folder)/\(Self.name)"
        try FileContents.makeFolder(folder)
        try FileContents.replace(path, with: Safetensors.encode(tensors, metadata: metadata))
        return path
    }

    /// Reads the folder's checkpoint, which must be one of this model, data and seed.
    static func read(
        _ folder: String, _ parameters: [Parameter], identity: [String: String]
    ) throws(TrainingError) -> Checkpoint {
        let path = "\(folder)/\(name)"
        let file = try Safetensors(FileContents.read(path, .checkpoint, field: "checkpoints"), file: path)
        for (key, value) in identity.sorted(by: { $0.key < $1.key }) {
            guard let found = file.metadata["steward.\(key)"] else {
                throw Safetensors.refuse(path, "it doesn't say with which \(key) it was trained")
            }
            guard found == value else {
                throw Safetensors.refuse(
                    path, "it was trained with another \(key), \(brief(found)) instead of \(brief(value))")
            }
        }
        guard let step = file.metadata["steward.step"].flatMap({ Int($0) }), step >= 0 else {
            throw Safetensors.refuse(path, "it doesn't say after which step it was written")
        }
        var (weights, first, second): ([[Float]], [[Float]], [[Float]]) = ([], [], [])
        var expected: Set<String> = []
        for parameter in parameters {
            let names = names(parameter)
            expected.formUnion(allNames(parameter))
            weights.append(try file.floats(parameter.name, parameter.shape))
            first.append(try file.floats(names.first, parameter.shape))
            second.append(try file.floats(names.second, parameter.shape))
        }
        try file.requireOnly(expected)
        return Checkpoint(step: step, weights: weights, first: first, second: second)
    }

    private static func brief(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(40).map { $0.escaped(asASCII: false) }.joined()
        return "'\(shown)\(text.unicodeScalars.count > 40 ? "..." : "")'"
    }
}
