import Glibc
import StewardAccess
import StewardCertificates
import StewardDANE
import StewardEdge
import StewardScripts
import StewardSettings

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the command line says over the settings file.
package struct SettingsOverrides: Sendable, Hashable {
    /// `--scripts DIR`: the three default zones.
    package var scripts: String?
    /// `--listen HOST:PORT`, any number of times.
    package var listen: [String]
    /// `--state DIR`.
    package var state: String?

    /// The options given.
    package init(scripts: String? = nil, listen: [String] = [], state: String? = nil) {
        self.scripts = scripts
        self.listen = listen
        self.state = state
    }
}

/// The process's surroundings, as far as settings depend on them.
package struct SettingsEnvironment: Sendable, Hashable {
    /// The environment variables.
    package var variables: [String: String]
    /// The working folder; absolute.
    package var workingFolder: String
    /// Whether the process runs as root.
    package var isRoot: Bool

    /// Given surroundings.
    package init(variables: [String: String], workingFolder: String, isRoot: Bool) {
        self.variables = variables
        self.workingFolder = workingFolder
        self.isRoot = isRoot
    }

    /// This process's.
    package static var current: SettingsEnvironment {
        SettingsEnvironment(
            variables: ProcessInfo.processInfo.environment,
            workingFolder: FileManager.default.currentDirectoryPath, isRoot: geteuid() == 0)
    }

    /// A variable that is set to something; `API_KEY=` counts as not set.
    func value(_ name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// What is needed by commands that work as root.
package struct PrivilegedSettings: Sendable, Hashable {
    /// The section `certificates`.
    package var certificates: CertificatesSettings
    /// The section `dane`, its folder filled in.
    package var dane: DANESettings
    /// The helper's state folder.
    package var state: String
}

extension ServerSettings {
    /// Reads the file, if any, and brings in the command line and the environment (`API_TRUSTED_IPS`, `API_KEY`,
    /// `ADMIN_API_KEY`). Throws all that is wrong at once.
    package static func load(
        file: String?, overrides: SettingsOverrides = SettingsOverrides(),
        environment: SettingsEnvironment = .current
    ) throws(SettingsError) -> ServerSettings {
        guard let file else {
            return try resolve(text: nil, file: nil, overrides: overrides, environment: environment)
        }
        let text = try text(of: file, environment: environment)
        return try resolve(text: text, file: file, overrides: overrides, environment: environment)
    }

    /// What commands about certificates need: the section `certificates` and the state folder. Unlike `load` it asks for
    /// no zone and looks at no key, so that the settings file may hold nothing else.
    package static func loadCertificates(
        file: String?, state: String? = nil, environment: SettingsEnvironment = .current
    ) throws(SettingsError) -> (certificates: CertificatesSettings, state: String) {
        var read = ServerFile()
        if let file {
            read = try ServerFile.section.read(text: text(of: file, environment: environment), file: file)
        }
        let resolver = SettingsResolver(
            file: file, overrides: SettingsOverrides(state: state), environment: environment)
        return (resolver.certificates(read), resolver.state(read))
    }

    /// What commands about DANE and the helper need: the sections `dane` and `certificates`, and the helper's state folder.
    /// `dane.folder` is filled in. Asks for no zone and looks at no key.
    package static func loadPrivileged(
        file: String?, state: String? = nil, environment: SettingsEnvironment = .current
    ) throws(SettingsError) -> PrivilegedSettings {
        var read = ServerFile()
        if let file {
            read = try ServerFile.section.read(text: text(of: file, environment: environment), file: file)
        }
        let resolver = SettingsResolver(
            file: file, overrides: SettingsOverrides(state: state), environment: environment)
        var dane = resolver.dane(read)
        let folder = resolver.privilegedState()
        dane.folder = dane.folder ?? "\(folder)/dane"
        return PrivilegedSettings(certificates: resolver.certificates(read), dane: dane, state: folder)
    }

    private static func text(of file: String, environment: SettingsEnvironment) throws(SettingsError) -> String {
        let path = SettingsPath.absolute(file, from: environment.workingFolder)
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
            let message = "can't read the settings file; 'steward init' writes one, --settings names another"
            throw SettingsError([SettingsDiagnostic(file: file, mark: nil, path: "", message: message)])
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            let message = "the settings file is not UTF-8 text; save it as UTF-8"
            throw SettingsError([SettingsDiagnostic(file: file, mark: nil, path: "", message: message)])
        }
        return text
    }

    /// The same from the file's text.
    package static func resolve(
        text: String?, file: String?, overrides: SettingsOverrides, environment: SettingsEnvironment
    ) throws(SettingsError) -> ServerSettings {
        var diagnostics: [SettingsDiagnostic] = []
        var read = ServerFile()
        if let text, let file {
            do throws(SettingsError) {
                read = try ServerFile.section.read(text: text, file: file)
            } catch {
                diagnostics += error.diagnostics
            }
        }
        let isSound = diagnostics.isEmpty
        var resolver = SettingsResolver(file: file, overrides: overrides, environment: environment)
        let settings = resolver.settings(from: read, isSound: isSound)
        diagnostics += resolver.diagnostics
        guard diagnostics.isEmpty else { throw SettingsError(diagnostics) }
        return settings
    }

    /// The reference of the settings file, as Markdown, from the sections' own descriptions.
    package static var reference: String {
        SettingsReference.markdown(
            title: "Settings",
            introduction: """
                `steward serve --settings steward.yaml` reads one YAML file. Relative paths count from the file's folder. \
                Unknown keys are errors. Durations carry a unit (500ms, 30s, 5m, 1h, 1d), sizes too (500B, 64KiB, 128MiB, \
                1GiB; kB and MB are thousands), booleans are `true` or `false`. Anchors, aliases and tags are not read.

                The environment variables `API_KEY` and `ADMIN_API_KEY` add a key each, named after the variable. \
                `API_TRUSTED_IPS` (addresses and CIDR blocks, separated by commas or spaces) is the address list of every \
                zone that asks for a key and has none of its own.

                This page is generated from the code.
                """,
            fields: ServerFile.section.descriptions)
    }
}
