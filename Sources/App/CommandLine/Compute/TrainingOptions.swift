import ArgumentParser
import Foundation
import StewardAPI
import StewardServer
import StewardTraining

/// What a training follows from; what isn't given is the model's usual setting.
struct TrainingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "chargpt: a text file or a folder of them. mlp, cnn: a folder with MNIST's IDX files.", valueName: "PATH"))
    var data: String?

    @Option(help: ArgumentHelp("auto (a GPU if there is one), cpu, cuda or cuda:NUMBER.", valueName: "DEVICE"))
    var device = "auto"

    @Option(
        help: ArgumentHelp(
            "fp32, or tf32: a GPU rounds the factors of its products to 11 bits and is several times as fast.",
            valueName: "KIND"))
    var precision: String?

    @Option(help: ArgumentHelp("Updates in all.", valueName: "NUMBER"))
    var steps: Int?

    @Option(help: ArgumentHelp("Examples a step.", valueName: "NUMBER"))
    var batch: Int?

    @Option(help: ArgumentHelp("Characters that chargpt looks at.", valueName: "NUMBER"))
    var context: Int?

    @Option(help: ArgumentHelp("Blocks of chargpt.", valueName: "NUMBER"))
    var layers: Int?

    @Option(help: ArgumentHelp("Attention heads of chargpt.", valueName: "NUMBER"))
    var heads: Int?

    @Option(help: ArgumentHelp("Width of chargpt, of mlp's hidden layer.", valueName: "NUMBER"))
    var width: Int?

    @Option(help: ArgumentHelp("The part of cells that dropout takes.", valueName: "PART"))
    var dropout: Double?

    @Option(help: ArgumentHelp("The highest learning rate.", valueName: "RATE"))
    var rate: Double?

    @Option(help: ArgumentHelp("How the learning rate changes: constant, cosine or step.", valueName: "COURSE"))
    var schedule: String?

    @Option(help: ArgumentHelp("Steps until the learning rate is reached.", valueName: "NUMBER"))
    var warmUp: Int?

    @Option(help: ArgumentHelp("Where all random choices come from.", valueName: "NUMBER"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("The folder for checkpoints.", valueName: "DIR"))
    var checkpoint: String?

    @Option(help: ArgumentHelp("Steps between checkpoints.", valueName: "NUMBER"))
    var checkpointEvery: Int?

    @Flag(help: "Go on from the folder's checkpoint.")
    var resume = false

    @Flag(help: "Replace the checkpoint of an earlier training in the folder.")
    var overwrite = false

    @Option(help: ArgumentHelp("Steps between reports.", valueName: "NUMBER"))
    var reportEvery: Int?

    @Option(help: ArgumentHelp("Steps between validations; 0: none.", valueName: "NUMBER"))
    var validateEvery: Int?

    @Option(help: ArgumentHelp("Steps between samples of text; 0: only at the end.", valueName: "NUMBER"))
    var sampleEvery: Int?

    @Option(help: ArgumentHelp("Characters of a sample.", valueName: "NUMBER"))
    var sample: Int?

    /// The options as a request.
    func order(_ model: TrainingSettings.Model) -> ComputeTraining {
        let folder = FileManager.default.currentDirectoryPath
        var order = ComputeTraining(model: model.rawValue)
        order.data = data.map { SettingsPath.absolute($0, from: folder) }
        (order.device, order.precision) = (device, precision)
        (order.steps, order.batch, order.context) = (steps, batch, context)
        (order.layers, order.heads, order.width) = (layers, heads, width)
        (order.dropout, order.learningRate, order.schedule) = (dropout, rate, schedule)
        (order.warmUp, order.seed) = (warmUp, seed)
        order.checkpoint = checkpoint.map { SettingsPath.absolute($0, from: folder) }
        (order.checkpointEvery, order.resume, order.overwrite) = (checkpointEvery, resume, overwrite)
        (order.reportEvery, order.validateEvery) = (reportEvery, validateEvery)
        (order.sampleEvery, order.sampleLength) = (sampleEvery, sample)
        return order
    }
}
