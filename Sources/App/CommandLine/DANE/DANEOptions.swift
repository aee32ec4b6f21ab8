import ArgumentParser
import Foundation
import Glibc
import StewardAPI
import StewardAccess
import StewardCertificates
import StewardCore
import StewardDANE
import StewardHelper
import StewardServer
import StewardSettings

/// The options of every command about the settings' deployments.
struct DANEOptions: ParsableArguments {
    /// The settings file where none is named.
    static let standardSettings = "/etc/steward/steward.yaml"

    @Option(
        help: ArgumentHelp(
            "The settings file; its section 'dane' counts.", discussion: "Without it \(Self.standardSettings).",
            valueName: "FILE"))
    var settings: String?

    @Option(
        help: ArgumentHelp(
            "The helper's state folder.", discussion: "Without it /var/lib/steward-helper.", valueName: "DIR"))
    var state: String?

    /// The settings.
    /// - Throws: `CommandFailure` where no deployment is set up.
    func load() throws -> PrivilegedSettings {
        let loaded = try loadAny()
        guard !loaded.dane.deployments.isEmpty else {
            throw CommandFailure(
                "no deployment is set up: \(file ?? "the command line names no settings file and there is no \(Self.standardSettings)")\(file == nil ? "" : " has none in 'dane.deployments'")",
                hint: "docs/guides/dane.md shows the whole set-up; 'steward dane check DOMAIN' needs none")
        }
        return loaded
    }

    /// The settings, whatever they hold.
    func loadAny() throws -> PrivilegedSettings {
        do throws(SettingsError) {
            return try ServerSettings.loadPrivileged(file: file, state: state)
        } catch {
            throw CommandFailure(error)
        }
    }

    private var file: String? {
        settings ?? (access(Self.standardSettings, R_OK) == 0 ? Self.standardSettings : nil)
    }

    /// What can be done about DANE: by the helper where one answers, else in this process.
    func acts() throws -> any DANEActs {
        let loaded = try loadAny()
        let socket = loaded.certificates.helper.socket
        if UnixSocket.accepts(socket) { return HelperDANE(client: HelperClient(socket: socket)) }
        return LocalDANE(try loop(try load()))
    }

    /// What carries the rollovers out, in this process.
    func loop(
        _ loaded: PrivilegedSettings, tell: @escaping @Sendable (RolloverLoop.Told) -> Void = { _ in }
    ) throws -> RolloverLoop {
        do throws(DANESetupError) {
            return try RolloverLoop(settings: loaded.dane, stateFolder: loaded.state, tell: tell)
        } catch {
            throw CommandFailure(lines: error.problems.map { "\($0.field): \($0.text)" })
        }
    }

    /// Does `work`; problems become sentences and exit codes.
    static func carryOut<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        do { return try await work() } catch let problem as Problem { throw failure(problem) }
    }

    /// Does `work`, a change: in this process between its two lines in the audit log of the helper's state folder; the
    /// helper writes its own.
    func change<Value: Sendable>(
        _ acts: any DANEActs, _ action: String, of subject: String, detail: String,
        _ work: @Sendable () async throws -> Value
    ) async throws -> Value {
        guard acts is LocalDANE else { return try await Self.carryOut(work) }
        let audit = try KeyFolder(StateFolder(try load().state)).audit
        return try await Self.carryOut {
            try await audit.record(
                actor: "uid \(getuid())", action: action, subject: subject, detail: detail, act: work)
        }
    }

    private static func failure(_ problem: Problem) -> CommandFailure {
        let sentences = (problem.detail ?? problem.title).split(separator: "\n").map(String.init)
        let status: ExitStatus =
            switch problem.code {
            case "dane-busy": .busy
            case "no-helper": .unreachable
            default: .failure
            }
        return CommandFailure(
            lines: Array(sentences.prefix(1)),
            hint: sentences.count > 1 ? sentences.dropFirst().joined(separator: " ") : nil, status: status)
    }
}
