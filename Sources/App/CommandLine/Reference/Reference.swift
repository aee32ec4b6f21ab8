import ArgumentParser
import Foundation
import StewardServer

/// `steward reference`
struct Reference: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Writes the reference of settings and commands, or checks that it is up to date.")

    @Option(help: ArgumentHelp("Write the pages to this folder.", valueName: "DIR"))
    var write: String?

    @Option(help: ArgumentHelp("Compare the pages in this folder with the program.", valueName: "DIR"))
    var check: String?

    func validate() throws {
        guard (write == nil) != (check == nil) else {
            throw ValidationError("Give one of --write DIR and --check DIR.")
        }
    }

    func run() throws {
        let pages = [
            ("settings.md", ServerSettings.reference), ("cli.md", CommandReference.markdown),
            ("certificate-findings.md", FindingReference.markdown), ("dane-findings.md", DANEReference.markdown),
        ]
        if let write {
            for (name, text) in pages { try self.write(text, to: "\(write)/\(name)", folder: write) }
        }
        guard let check else { return }
        let stale = pages.filter { name, text in
            (try? String(contentsOfFile: "\(check)/\(name)", encoding: .utf8)) != text
        }
        guard stale.isEmpty else {
            throw CommandFailure(
                lines: stale.map { "\(check)/\($0.0) does not match the program" },
                hint: "run 'steward reference --write \(check)' and commit the result")
        }
        Output.message("\(pages.count) pages match the program.")
    }

    private func write(_ text: String, to path: String, folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw CommandFailure("can't write \(path): \(FileReason.of(error))")
        }
        try Output.line("wrote \(path)")
    }
}
