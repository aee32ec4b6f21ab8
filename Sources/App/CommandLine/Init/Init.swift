import ArgumentParser
import Foundation
import Glibc
import StewardServer

/// `steward init`
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Writes a commented steward.yaml and first scripts.",
        discussion: "Never overwrites: if one of the files exists, nothing is written.")

    @Argument(help: "The folder to write to; made if missing.")
    var folder = "."

    func run() throws {
        let root = SettingsPath.absolute(folder, from: FileManager.default.currentDirectoryPath)
        let existing = InitFiles.all.map(\.path).filter { FileManager.default.fileExists(atPath: "\(root)/\($0)") }
        guard existing.isEmpty else {
            throw CommandFailure(
                lines: existing.map { "\(shown($0)) exists; nothing was written" },
                hint: "name another folder: 'steward init DIR'")
        }
        for file in InitFiles.all {
            try write(file, to: "\(root)/\(file.path)")
            try Output.line("wrote \(shown(file.path))")
        }
        let settings = shown("steward.yaml")
        Output.message("\nNow type:")
        Output.message("  steward key add me --role admin --settings \(settings)")
        Output.message("  steward serve --settings \(settings)")
    }

    /// The path as a user in the working folder would type it.
    private func shown(_ path: String) -> String {
        folder == "." ? path : folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
    }

    private func write(_ file: InitFiles.File, to path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: SettingsPath.folder(of: path), withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("can't make \(SettingsPath.folder(of: path)): \(FileReason.of(error))")
        }
        // Exclusive: also what appears between the look and the writing is left alone.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CommandFailure("can't write \(path): \(FileReason.text(errno))") }
        defer { close(descriptor) }
        try Output.write(Array(file.text.utf8)[...], to: descriptor)
    }
}
