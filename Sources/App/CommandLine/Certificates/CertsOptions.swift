import ArgumentParser
import Foundation
import Glibc
import StewardAPI
import StewardAccess
import StewardCertificates
import StewardCore
import StewardHelper
import StewardServer
import StewardSettings

/// The options that every command about certificates takes.
struct CertsOptions: ParsableArguments {
    @Option(
        name: .customLong("tree"),
        help: ArgumentHelp(
            "certbot's configuration folder (its --config-dir); may be given several times.",
            discussion:
                "Without it the settings' trees; without those /etc/letsencrypt and what Docker's volumes and mounts hold.",
            valueName: "DIR"))
    var trees: [String] = []

    @Option(
        help: ArgumentHelp(
            "Take this folder as the root of a machine: a container's or a test's.",
            discussion: """
                The servers' configurations are read beneath it, and absolute paths in them, in renewal confs and in symlinks \
                count from it. Nothing outside is looked at: no process, no port, no container, no name.
                """,
            valueName: "DIR"))
    var configRoot: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Ask ports which certificate they serve, instead of what the settings say; never with --config-root.")
    var probe: Bool?

    @Option(help: ArgumentHelp("The settings file; its section 'certificates' counts.", valueName: "FILE"))
    var settings: String?

    @Option(help: ArgumentHelp("The state folder in whose audit log changes are written.", valueName: "DIR"))
    var state: String?

    func validate() throws {
        if probe == true, configRoot != nil {
            throw ValidationError("--probe asks this machine's ports; --config-root means another one. Leave one out.")
        }
        for tree in trees + [configRoot].compactMap({ $0 }) {
            var information = stat()
            guard stat(tree, &information) == 0 else {
                throw ValidationError("\(tree) can't be used: \(FileReason.text(errno)).")
            }
            guard information.st_mode & S_IFMT == S_IFDIR else { throw ValidationError("\(tree) is no folder.") }
        }
    }

    /// The tree, if exactly one is named.
    var onlyTree: String? { trees.count == 1 ? Self.absolute(trees[0]) : nil }

    /// What the settings and the options say together.
    private func load() throws -> (certificates: CertificatesSettings, state: String) {
        do throws(SettingsError) {
            var loaded = try ServerSettings.loadCertificates(file: settings, state: state)
            if !trees.isEmpty { loaded.certificates.trees = trees.map { Self.absolute($0) } }
            if let probe { loaded.certificates.probe.enabled = probe }
            return loaded
        } catch {
            throw CommandFailure(error)
        }
    }

    private static func absolute(_ path: String) -> String {
        SettingsPath.absolute(path, from: FileManager.default.currentDirectoryPath)
    }

    /// What can be done with these options, in this process.
    func acts() throws -> LocalCertificates {
        var settings = try load().certificates
        if let configRoot { settings.configRoot = Self.absolute(configRoot) }
        return LocalCertificates(settings: settings)
    }

    /// Looks at everything.
    func survey() async throws -> CertificateList { try await carryOut { try await $0.survey() } }

    /// Does `work`; problems become sentences and exit codes.
    func carryOut<Value: Sendable>(_ work: (LocalCertificates) async throws -> Value) async throws -> Value {
        do { return try await work(acts()) } catch let problem as Problem { throw Self.failure(problem) }
    }

    /// Does `work`, a change, between its two lines in the audit log of the state folder. A machine that has no state
    /// folder has no audit log; the quarantine's journal is there in any case.
    func change<Value: Sendable>(
        _ action: String, of subject: String, detail: String = "",
        _ work: @Sendable (LocalCertificates) async throws -> Value
    ) async throws -> Value {
        let folder = StateFolder(try load().state)
        let isAudited = state != nil || (configRoot == nil && (try? KeyFolder.exists(folder)) == true)
        guard isAudited else { return try await carryOut(work) }
        let audit = try KeyFolder(folder).audit
        return try await carryOut { acts in
            try await audit.record(actor: "uid \(getuid())", action: action, subject: subject, detail: detail) {
                try await work(acts)
            }
        }
    }

    private static func failure(_ problem: Problem) -> CommandFailure {
        let sentences = (problem.detail ?? problem.title).split(separator: "\n").map(String.init)
        let status: ExitStatus =
            switch problem.code {
            case "certificates-locked": .busy
            case "certificates-changed": .changed
            default: .failure
            }
        return CommandFailure(
            lines: Array(sentences.prefix(1)),
            hint: sentences.count > 1 ? sentences.dropFirst().joined(separator: " ") : nil, status: status)
    }
}
