import StewardCompute

/// The state of a training between two steps, as a safetensors file: weights under their own names, the optimiser's
/// moments beside them, the rest as metadata.
struct Checkpoint {
    /// The file's name in its folder.
    static let name = "checkpoint.safetensors"

    /// Steps that were done.
    let step: Int
    /// What the training was set to.
    let notes: [String: String]
    private let file: Safetensors

    /// The tensors that a checkpoint has for a parameter: its weight, the optimiser's first and second moments.
    static func names(_ parameter: Parameter) -> [String] {
        [parameter.name, "optimiser.first.\(parameter.name)", "optimiser.second.\(parameter.name)"]
    }

    /// Reads the folder's checkpoint, which must be one of this model, data and seed.
    /// - Throws: ``TrainingError/Code/checkpoint`` that names the file and what is wrong with it.
    init(
        _ folder: String, for parameters: [Parameter], identity: [String: String]
    ) throws(TrainingError) {
        let path = "\(folder)/\(Self.name)"
        file = try Safetensors(FileContents.read(path, .checkpoint, field: "checkpoints"), file: path)
        for (key, value) in identity.sorted(by: { $0.key < $1.key }) {
            guard let found = file.metadata["steward.\(key)"] else {
                throw Safetensors.refuse(path, "it doesn't say with which \(key) it was trained")
            }
            guard found == value else {
                throw Safetensors.refuse(
                    path,
                    "it was trained with another \(key), \(Self.brief(found)) instead of \(Self.brief(value))")
            }
        }
        guard let step = file.metadata["steward.step"].flatMap({ Int($0) }), step >= 0 else {
            throw Safetensors.refuse(path, "it doesn't say after which step it was written")
        }
        self.step = step
        let keys = file.metadata.filter { $0.key.hasPrefix("steward.") }
        notes = Dictionary(uniqueKeysWithValues: keys.map { (String($0.key.dropFirst(8)), $0.value) })
        for parameter in parameters {
            for name in Self.names(parameter) { try file.entry(name, parameter.shape) }
        }
        try file.requireOnly(Set(parameters.flatMap(Self.names)))
    }

    /// Puts its weights and moments where the optimiser has them, tensor by tensor.
    func restore(_ optimiser: Optimiser) throws(TrainingError) {
        for (index, parameter) in optimiser.set.parameters.enumerated() {
            for (name, cells) in zip(Self.names(parameter), optimiser.cells(of: index)) {
                let values = try file.floats(name, parameter.shape)
                try onDevice { () throws(ComputeError) in try optimiser.set.device.kernels.write(values, to: cells) }
            }
        }
        optimiser.goOn(from: step)
    }

    /// Writes the optimiser's state to the folder, tensor by tensor; the earlier checkpoint stays until the new one is
    /// complete. `identity` is what going on from it requires, `notes` what readers may want to know.
    /// - Returns: the file's path.
    /// - Throws: also when a weight is no number any more: such a state replaces none.
    static func write(
        _ folder: String, _ optimiser: Optimiser, identity: [String: String], notes: [String: String]
    ) throws(TrainingError) -> String {
        let parameters = optimiser.set.parameters
        var metadata = ["format": "pt", "steward.step": "\(optimiser.step)"]
        for (key, value) in notes { metadata["steward.\(key)"] = value }
        for (key, value) in identity { metadata["steward.\(key)"] = value }
        let tensors = parameters.flatMap { parameter in names(parameter).map { ($0, parameter.shape) } }
        let file = try ReplacedFile("\(folder)/\(name)")
        try file.write(Safetensors.header(tensors, metadata: metadata))
        for (index, parameter) in parameters.enumerated() {
            for (name, cells) in zip(names(parameter), optimiser.cells(of: index)) {
                let values = try onDevice { () throws(ComputeError) in try optimiser.set.device.kernels.read(cells) }
                guard values.allSatisfy(\.isFinite) else {
                    throw TrainingError(
                        .setting,
                        "After step \(optimiser.step) \(name) has cells that are no numbers any more, so \(file.path) was left as it was: "
                            + "a lower `learningRate` keeps them finite.", field: "learningRate")
                }
                try file.write(values)
            }
        }
        try file.place()
        return file.path
    }

    private static func brief(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(40).map { $0.escaped(asASCII: false) }.joined()
        return "'\(shown)\(text.unicodeScalars.count > 40 ? "..." : "")'"
    }
}
