import ArgumentParser
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import StewardAPI
import StewardAccess
import StewardCertificates
import StewardCore
import StewardDANE
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
            refused by the user that the kernel proves. Where the settings have a section 'dane', it carries the rollovers out. A closed list of verbs, an audit line for every act, and a sandbox of its \
            own: it writes to the certbot trees, certbot's log and work folders, its state folder and what the section 'dane' names alone. Started by systemd \
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
            if sandbox, Confinement.inherited == nil { throw CommandFailure(try confine(loaded, folder)) }
            try await serve(loaded, folder)
        } catch let problem as Problem {
            throw CommandFailure(problem)
        } catch let error as StateDatabaseError {
            throw CommandFailure(error.description)
        }
    }

    /// Executes this program again with only the rights that it needs; returns only why not.
    private func confine(_ loaded: PrivilegedSettings, _ folder: StateFolder) throws(Problem) -> String {
        let places =
            LocalCertificates(settings: loaded.certificates).writablePlaces + [
                .init(folder.path, changes: true),
                .init(SettingsPath.folder(of: loaded.certificates.helper.socket), changes: true),
            ]
        if !loaded.dane.deployments.isEmpty {
            try HelperLoop.prepare(loaded.dane)
            let words = ["helper-runner"] + (settings.map { ["--settings", $0] } ?? [])
            if let reason = Runner.start(words, directory: FileManager.default.currentDirectoryPath) {
                return "the process that runs the settings' commands can't be started: \(reason)"
            }
        }
        return Confinement(places: places + HelperLoop.places(loaded.dane) + Confinement.asked).executeAgain()
    }

    private func load() throws -> PrivilegedSettings {
        do throws(SettingsError) {
            return try ServerSettings.loadPrivileged(file: settings, state: state)
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

    private func serve(_ loaded: PrivilegedSettings, _ folder: StateFolder) async throws {
        let sink = LogSink([.standardOutput(LogSink.Destination.automatic(for: 1))])
        StewardLogHandler.bootstrap(sink, level: .info)
        let logger = Logger(label: "steward.helper")
        defer { _ = sink.close() }
        report(logger)
        let audit = AuditLog(try StateDatabase.open(folder.database, migrations: AccessTables.migrations))
        let loop = try HelperLoop.make(loaded, audit: audit, logger: logger)
        let answerer = HelperAnswerer(
            certificates: CertificateAnswerer(
                acts: LocalCertificates(settings: loaded.certificates), audit: audit, logger: logger),
            dane: loop.map { loop in
                DANEAnswerer(acts: LocalDANE(loop), audit: audit, logger: logger)
            })
        let helper = loaded.certificates.helper
        let daemon = HelperDaemon(
            socket: helper.socket, guests: HelperGuests(users: helper.allow), logger: logger
        ) { socket in
            Output.message("steward helper: ready on \(socket)")
            logger.info(
                "Ready on \(socket)", metadata: ["event": "ready", "version": "\(stewardVersion)"])
        } answer: { request, peer throws(Problem) in
            try await answerer.answer(request, peer)
        }
        signal(SIGHUP, SIG_IGN)
        var quiet = Logger(label: "steward.lifecycle")
        quiet.logLevel = .error
        let mark = loop.flatMap { HelperLoop.mark($0, logger) }
        defer { withExtendedLifetime(mark) {} }
        let rollovers = loop.map { ServiceGroupConfiguration.ServiceConfiguration(service: DANELoopService($0)) }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: daemon, successTerminationBehavior: .gracefullyShutdownGroup)]
                    + [rollovers].compactMap { $0 },
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
