import ArgumentParser
import StewardAPI
import StewardCompute
import StewardServer

/// `steward compute devices`
struct ComputeDevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "Lists what can compute, with what it is measured to do, and why a GPU can't be used.")

    @Flag(help: "Measure nothing.")
    var quick = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let found = DeviceSurvey.look(measuring: !quick)
        guard !json else { return try Output.json(found) }
        var table = TextTable(headings: [
            "DEVICE", "NAME", "CORES", "MEMORY", "ARCHITECTURE", "FP32", "MEMORY SPEED", "DRIVER",
        ])
        for device in found.devices { table.rows.append(Self.row(device)) }
        for line in table.lines(columns: Output.columns) { try Output.line(line) }
        for absence in found.absences { try Output.line("no GPU: \(TextTable.printable(absence.sentence))") }
    }

    private static func row(_ device: ComputeDevice) -> [String] {
        let measured = device.measured
        let product = measured.map { measured in
            let one = measured.gflopsOneCore.map { " (one core \(ComputeRunText.digits($0)))" } ?? ""
            return "\(ComputeRunText.digits(measured.gflops)) GFLOP/s\(one)"
        }
        return [
            device.id, device.name,
            device.kind == "cpu" ? "\(device.multiprocessors)" : "\(device.multiprocessors) SMs",
            ComputeRunText.size(device.memory), device.architecture, product ?? "-",
            measured.map { "\(ComputeRunText.digits($0.gigabytesPerSecond)) GB/s" } ?? "-", device.driver ?? "-",
        ]
    }
}
