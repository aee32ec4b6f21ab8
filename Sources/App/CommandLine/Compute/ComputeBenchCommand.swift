import ArgumentParser
import Foundation
import StewardAPI
import StewardCompute
import StewardServer

/// `steward compute bench`
struct ComputeBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Measures what one core, all cores and each GPU do: arithmetic, memory, matrix products, kernels, training.",
        discussion: """
            Nothing is estimated: a place that is not there, or a case that it can't do, says so. Where a server hands GPUs out, the one \
            of its lease is measured.
            """)

    @Option(
        help: ArgumentHelp("auto (the processor and each GPU), cpu, cuda or cuda:NUMBER.", valueName: "DEVICE"))
    var device = "auto"

    @OptionGroup var lease: LeaseOptions

    @Flag(help: "A fraction of a second a figure instead of some seconds.")
    var quick = false

    @Option(
        help: ArgumentHelp(
            "Only cases whose name contains this, like memory or training; may be given several times.",
            valueName: "TEXT"))
    var only: [String] = []

    @Option(help: ArgumentHelp("Write the chart to a file as a picture.", valueName: "FILE"))
    var svg: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        do throws(ComputeError) { _ = try Device.Wish(device) } catch {
            throw ValidationError("--device: \(error.message)")
        }
    }

    func run() async throws {
        try await ComputeLease(device: device, options: lease).take()
        let all = BenchCase.standard + TrainingBench.cases
        let cases = only.isEmpty ? all : all.filter { item in only.contains { item.name.contains($0) } }
        guard !cases.isEmpty else {
            throw ValidationError("--only: no case is called so; there are \(all.map(\.name).joined(separator: ", ")).")
        }
        let bench = ComputeBench(cases: cases, places: try places(), effort: quick ? .quick : .thorough)
        let isTerminal = isatty(STDERR_FILENO) == 1
        let report = bench.run { name, place in
            if isTerminal { Output.progress("measuring \(name), \(place)") }
        }
        if isTerminal { Output.progress("") }
        if let svg { try Output.file(svg, BenchChart(report).svg()) }
        guard !json else { return try Output.json(report) }
        for line in Self.lines(report) { try Output.line(line) }
        try Output.line("")
        for line in BenchChart(report).lines(width: Output.columns ?? 80) { try Output.line(line) }
    }

    private func places() throws -> [BenchPlace] {
        do throws(ComputeError) {
            switch try Device.Wish(device) {
            case .best: return BenchPlace.all()
            case .cpu: return BenchPlace.all(of: [])
            case let wish: return [.gpu(try Device.select(wish))]
            }
        } catch {
            throw CommandFailure(error)
        }
    }

    /// The table, and what the figures mean.
    static func lines(_ report: ComputeBenchReport) -> [String] {
        var lines = [
            "\(report.processor), \(report.threads) threads, \(report.simd), products by \(report.products.name)"
        ]
        if let reason = report.products.reason { lines.append(TextTable.printable(reason)) }
        if report.debugBuild { lines.append("This is a debug build: its own code is slower than in a release build.") }
        var table = TextTable(headings: ["", "UNIT"] + report.places.map { $0.uppercased() } + ["RATIO"])
        for name in report.cases {
            let rates = report.places.map { report.rate(name, in: $0) }
            let unit = rates.compactMap { $0?.unit }.first ?? ""
            var ratio = ""
            if let first = rates.first ?? nil, let last = rates.last ?? nil, rates.count > 1,
                let value = last.ratio(to: first)
            {
                ratio = "\(BenchChart.number(value)) x"
            }
            table.rows.append(
                [name, unit] + rates.map { $0.map { BenchChart.number($0.median) } ?? "not run" } + [ratio])
        }
        lines += table.lines()
        lines += notRun(report)
        lines += report.absences.map { "no GPU: \(TextTable.printable($0.sentence))" }
        return lines
    }

    /// Each reason once.
    private static func notRun(_ report: ComputeBenchReport) -> [String] {
        var reasons: [String] = []
        for missing in report.notMeasured where !reasons.contains(missing.reason) { reasons.append(missing.reason) }
        return reasons.map { reason in
            let names = report.cases.filter { name in
                report.notMeasured.contains { $0.name == name && $0.reason == reason }
            }
            return "not run: \(names.joined(separator: ", ")): \(TextTable.printable(reason))"
        }
    }
}
