package import StewardSettings
import Synchronization

/// Reads the listener's files again when one of them changes: written in place, renamed over, or, as certbot does it,
/// by a link that points elsewhere.
package final class TLSWatch: Sendable {
    /// What a look found.
    package enum Look: Sendable {
        /// Every file is as it was.
        case unchanged
        /// New terms for new connections.
        case reloaded(TLSTerms)
        /// Something changed, and what is there now can't be served, a pair half written perhaps. Told once; the next
        /// change is looked at again.
        case failed(SettingsError)
    }

    /// The terms at the start.
    package let terms: TLSTerms
    private let settings: TLSSettings
    private let file: String?
    private let paths: [String]
    private let stamps: Mutex<[TLSFile.Stamp]>

    /// Reads the files for the first time.
    package init(_ settings: TLSSettings, file: String?) throws(SettingsError) {
        self.settings = settings
        self.file = file
        paths = settings.files
        stamps = Mutex(paths.map { TLSFile.Stamp($0) })
        terms = try TLSTerms(settings, file: file)
    }

    /// Looks; call it every second, not on an event loop.
    package func reloadIfChanged() -> Look {
        // Stamps before contents: what is written in between is seen at the next look.
        let now = paths.map { TLSFile.Stamp($0) }
        let hasChanged = stamps.withLock { stamps in
            defer { stamps = now }
            return stamps != now
        }
        guard hasChanged else { return .unchanged }
        do throws(SettingsError) { return .reloaded(try TLSTerms(settings, file: file)) } catch {
            return .failed(error)
        }
    }
}

extension TLSSettings {
    /// The files of private keys.
    package var keyFiles: [String] { certificates.map(\.keyFile) }

    /// Every file that the listener reads.
    package var files: [String] {
        certificates.flatMap { [$0.chainFile, $0.keyFile] } + [clientCA].compactMap { $0 } + clientCRL
    }
}

extension TLSTerms {
    /// The certificates in words, for the log.
    package var summary: String {
        certificates.map { $0.names.isEmpty ? $0.files.chainFile : $0.names.joined(separator: " ") }
            .joined(separator: "; ")
    }
}
