import ArgumentParser
import StewardCompute

/// `steward compute verify`
struct ComputeVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks a device's products and kernels against float64, cell by cell.",
        discussion: "Ends with status 1 if any cell is further off than its precision allows.")

    @Option(help: ArgumentHelp("auto (a GPU if there is one), cpu, cuda or cuda:NUMBER.", valueName: "DEVICE"))
    var device = "auto"

    @OptionGroup var lease: LeaseOptions

    @Flag(help: "Measure copies, launches and products, too, by the device's own clock.")
    var figures = false

    @Option(help: ArgumentHelp("Rows and columns of the products that are measured.", valueName: "NUMBER,..."))
    var sizes = "1024,4096,8192"

    @Option(help: ArgumentHelp("How much the copies that are measured copy.", valueName: "MIB"))
    var copy = 256

    @Flag(help: "Print JSON.")
    var json = false

    private var productSizes: [Int] { sizes.split(separator: ",").compactMap { Int($0) } }

    func validate() throws {
        do throws(ComputeError) { _ = try Device.Wish(device) } catch {
            throw ValidationError("--device: \(error.message)")
        }
        guard productSizes.count == sizes.split(separator: ",").count, productSizes.allSatisfy({ 1...65536 ~= $0 })
        else {
            throw ValidationError("--sizes: '\(sizes)' is not a list of numbers from 1 to 65536, like 1024,4096.")
        }
        guard 1...65536 ~= copy else { throw ValidationError("--copy: \(copy) is not between 1 and 65536.") }
    }

    private struct Report: Encodable {
        var device: DeviceInfo
        var agreements: [Agreement]
        var figures: [DeviceFigure]
    }

    func run() async throws {
        try await ComputeLease(device: device, options: lease).take()
        let report = try look()
        if json {
            try Output.json(report)
        } else {
            for line in Self.lines(report) { try Output.line(line) }
        }
        guard report.agreements.allSatisfy(\.holds) else { throw ExitCode(1) }
    }

    private func look() throws -> Report {
        do throws(ComputeError) {
            let device = try Device.select(try Device.Wish(device))
            let agreements = try Agreement.survey(device)
            let measured = DeviceFigures(device, bytes: copy << 20, productSizes: productSizes)
            return Report(
                device: device.info, agreements: agreements, figures: figures ? try measured.measure() : [])
        } catch {
            throw CommandFailure(error)
        }
    }

    private static func lines(_ report: Report) -> [String] {
        let wrong = report.agreements.count { !$0.holds }
        var table = TextTable(headings: ["COMPUTED", "CELLS", "LARGEST ERROR", "OF ITS BOUND", ""])
        for agreement in report.agreements {
            table.rows.append([
                agreement.name, "\(agreement.cells)", "\(agreement.largestError)",
                agreement.holds ? "\(Int((agreement.largestShare * 100).rounded())) %" : "more",
                agreement.holds ? "ok" : "WRONG",
            ])
        }
        var lines = ["\(report.device.id), \(report.device.name)"] + table.lines()
        lines.append(
            wrong == 0
                ? "All \(report.agreements.count) agree with float64."
                : "\(wrong) of \(report.agreements.count) are further off float64 than their precision allows: "
                    + "do not trust this device; report it with these lines.")
        var figures = TextTable(headings: ["MEASURED", "MEDIAN", "UNIT"])
        for figure in report.figures {
            figures.rows.append([figure.name, BenchChart.number(figure.median), figure.unit])
        }
        return report.figures.isEmpty ? lines : lines + figures.lines()
    }
}
