import ArgumentParser
import Foundation
import StewardAPI
import StewardCompute
import StewardGPU
import StewardServer

/// `steward compute devices`
struct ComputeDevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "Lists what can compute, with what it is measured to do, and why a GPU can't be used.",
        discussion: "GPUs that others hold (steward gpu) are listed and not measured.")

    @Flag(help: "Measure nothing.")
    var quick = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: StateOptions

    func run() async throws {
        let found = DeviceSurvey.look(measuring: !quick, held: try await held())
        guard !json else { return try Output.json(found) }
        var table = TextTable(headings: [
            "DEVICE", "NAME", "CORES", "MEMORY", "ARCHITECTURE", "FP32", "MEMORY SPEED", "DRIVER",
        ])
        for device in found.devices { table.rows.append(Self.row(device)) }
        for line in table.lines(columns: Output.columns) { try Output.line(line) }
        for absence in found.absences { try Output.line("no GPU: \(TextTable.printable(absence.sentence))") }
    }

    /// The GPUs that others hold, where a server hands them out.
    private func held() async throws -> DeviceSurvey.Held {
        guard let client = try ComputeLease.reachable(options),
            let status = try? await client.ask(.GET, "", for: GPUStatus.self)
        else { return [:] }
        let own = ProcessInfo.processInfo.environment[GPULease.marker]
        var held: DeviceSurvey.Held = [:]
        for card in status.cards {
            let leases = status.leases.filter { $0.cards.contains(card.uuid) && $0.id != own }
            let callers = leases.map { $0.caller + ($0.purpose.map { " (\($0))" } ?? "") }
            if let words = ComputeCards.words(callers: callers, foreign: card.state == "foreign" ? 1 : 0) {
                held[card.uuid] = words
            }
        }
        return held
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
            ComputeRunText.size(device.memory), device.architecture, product ?? device.held ?? "-",
            measured.map { "\(ComputeRunText.digits($0.gigabytesPerSecond)) GB/s" } ?? "-", device.driver ?? "-",
        ]
    }
}
