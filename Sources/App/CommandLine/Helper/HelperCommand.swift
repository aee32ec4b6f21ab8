import ArgumentParser
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import StewardAccess
import StewardCertificates
import StewardCore
import StewardDatabase
import StewardHelper
import StewardServer
import StewardSettings
import StewardTelemetry
import UnixSignals

/// `steward helper`
struct HelperCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "helper",
        abstract: "Runs the small privileged process that looks at certificates and acts on them for the server.",
        discussion: """
            The server itself has no right to read a private key. It asks this one over a Unix socket; whoever else asks is \
            refused by the user that the kernel proves. A closed list of verbs, an audit line for every act, and a sandbox of its \
            own: it writes to the certbot trees, certbot's log and work folders and its state folder alone. Started by systemd \
            (deploy/systemd/steward-helper.service); the settings 'certificates.helper' say who may ask.
            """)

    @Option(help: ArgumentHelp("The settings file, the same as the server's.", valueName: "FILE"))
    var settings: String?

    @Option(
        help: ArgumentHelp(
            "The helper's own state folder, with its audit log.",
            discussion: "Without it $STATE_DIRECTORY or /var/lib/steward-helper.", valueName: "DIR"))
    var state: String?

    @Option(help: ArgumentHelp("Where to listen, instead of what the settings say.", valueName: "PATH"))
    var socket: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Give up all rights that the work doesn't need; --no-sandbox is for looking into trouble.")
    var sandbox = true

    func run() async throws {
        var loaded = try load()
        if let socket { loaded.certificates.helper.socket = socket }
        let folder = StateFolder(loaded.state)
        do {
            try folder.prepare()
            try Self.makeFolder(of: loaded.certificates.helper.socket)
            let acts = LocalCertificates(settings: loaded.certificates)
            if sandbox, Confinement.inherited == nil {
                let places =
                    acts.writablePlaces + [
                        .init(folder.path, changes: true),
                        .init(SettingsPath.folder(of: loaded.certificates.helper.socket), changes: true),
                    ]
                throw CommandFailure(Confinement(places: places + Confinement.asked).executeAgain())
            }
            try await serve(acts, folder, loaded.certificates.helper.socket, loaded.certificates.helper.allow)
        } catch let problem as Problem {
            throw CommandFailure(problem)
        } catch let error as StateDatabaseError {
            throw CommandFailure(error.description)
        }
    }

    private func load() throws -> (certificates: CertificatesSettings, state: String) {
        do throws(SettingsError) {
            var loaded = try ServerSettings.loadCertificates(file: settings, state: state)
            // The settings' `state` is the server's folder.
            if state == nil {
                let given = ProcessInfo.processInfo.environment["STATE_DIRECTORY"]?.split(separator: ":").first
                loaded.state = given.map(String.init) ?? "/var/lib/steward-helper"
            }
            return loaded
        } catch {
            throw CommandFailure(error)
        }
    }

    private static func makeFolder(of socket: String) throws(Problem) {
        let folder = SettingsPath.folder(of: socket)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        } catch {
            throw Problem(
                "helper-socket", status: 500, title: "The helper's socket can't be made",
                detail: "\(folder) can't be made: \(FileReason.of(error)). Run this as root or use --socket PATH.")
        }
    }

    private func serve(_ acts: LocalCertificates, _ folder: StateFolder, _ socket: String, _ allow: [String])
        async throws
    {
        let sink = LogSink([.standardOutput(LogSink.Destination.automatic(for: 1))])
        StewardLogHandler.bootstrap(sink, level: .info)
        let logger = Logger(label: "steward.helper")
        defer { _ = sink.close() }
        report(logger)
        let database = try StateDatabase.open(folder.database, migrations: AccessTables.migrations)
        let answerer = HelperAnswerer(
            certificates: CertificateAnswerer(acts: acts, audit: AuditLog(database), logger: logger), dane: nil)
        let daemon = HelperDaemon(socket: socket, guests: HelperGuests(users: allow), logger: logger) { socket in
            Output.message("steward helper: ready on \(socket)")
            logger.info(
                "Ready on \(socket)", metadata: ["event": "ready", "version": "\(stewardVersion)"])
        } answer: { request, peer throws(Problem) in
            try await answerer.answer(request, peer)
        }
        signal(SIGHUP, SIG_IGN)
        var quiet = Logger(label: "steward.lifecycle")
        quiet.logLevel = .error
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: daemon, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        try await group.run()
    }

    /// What the sandbox holds, and what could not be applied: said, never silent.
    private func report(_ logger: Logger) {
        guard let inherited = Confinement.inherited else {
            return logger.warning("No sandbox: --no-sandbox was given", metadata: ["event": "helper-sandbox"])
        }
        logger.info("Sandbox: \(inherited.held)", metadata: ["event": "helper-sandbox"])
        for missing in inherited.missing {
            logger.warning("Not in force: \(missing)", metadata: ["event": "helper-sandbox-missing"])
        }
    }
}
