import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import StewardCore
import StewardServer
import StewardSettings
import StewardTelemetry
import UnixSignals

/// `steward serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves the scripts of one or more folders.",
        discussion: """
            Without --settings, --scripts DIR gives three zones: / for DIR, /api for DIR/api (API key), \
            /admin for DIR/admin (admin key). The environment variables API_KEY, ADMIN_API_KEY and API_TRUSTED_IPS count.
            """)

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let settings = try options.load()
        let state = StateFolder(settings.state)
        do {
            let installation = try Installation.locate(share: settings.share, python: settings.python)
            try state.prepare()
            let sink = LogSink(settings.log.destinations)
            StewardLogHandler.bootstrap(sink, level: settings.log.loggerLevel)
            let logger = Logger(label: "steward")
            defer { _ = sink.close() }
            let again = options
            let server = try Server(
                settings: settings, installation: installation, sink: sink, logger: logger, hangups: hangups,
                reload: { () throws(SettingsError) in
                    try ServerSettings.load(file: again.settings, overrides: again.overrides)
                }
            ) {
                FileHandle.standardError.write(Data(($0 + "\n").utf8))
            }
            var quiet = Logger(label: "steward.lifecycle")
            quiet.logLevel = .error
            let group = ServiceGroup(
                configuration: .init(
                    services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
                    gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
            try await group.run()
        } catch let problem as Problem {
            throw CommandFailure(problem)
        }
    }
}
