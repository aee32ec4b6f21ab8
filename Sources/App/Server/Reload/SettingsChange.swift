/// How new settings differ from those in force.
struct SettingsChange {
    /// One part of the settings. Its closures hold a key path each, which never changes.
    private struct Part: @unchecked Sendable {
        /// Its name in the file.
        let name: String
        /// Whether it counts without a restart.
        let isLive: Bool
        let differs: (ServerSettings, ServerSettings) -> Bool
        let copy: (ServerSettings, inout ServerSettings) -> Void

        init<Value: Equatable>(
            _ name: String, _ path: WritableKeyPath<ServerSettings, Value>, isLive: Bool = true
        ) {
            self.name = name
            self.isLive = isLive
            differs = { $0[keyPath: path] != $1[keyPath: path] }
            copy = { $1[keyPath: path] = $0[keyPath: path] }
        }
    }

    private static let parts = [
        Part("listen", \.listen), Part("tls", \.tls), Part("zones", \.zones), Part("keys", \.keys),
        Part("trusted_proxies", \.trustedProxies), Part("limits", \.limits), Part("limits.failures", \.failures),
        Part("log", \.log),
        Part("metrics", \.metrics), Part("secrets", \.secrets), Part("compute", \.compute),
        Part("state", \.state, isLive: false), Part("python", \.python, isLive: false),
        Part("share", \.share, isLive: false), Part("session_secret", \.sessionSecret, isLive: false),
        Part("certificates", \.certificates, isLive: false), Part("dane", \.dane, isLive: false),
        Part("gpu", \.gpu, isLive: false), Part("isolation", \.isolation, isLive: false),
        Part("namespaces", \.namespaces, isLive: false),
    ]

    /// The names of all parts.
    static var names: [String] { parts.map(\.name) }

    /// The parts that are new and count now.
    let changed: [String]
    /// The parts that differ and count after a restart only.
    let needsRestart: [String]
    /// The new settings with what needs a restart as it was.
    let effective: ServerSettings

    init(from old: ServerSettings, to new: ServerSettings) {
        let different = Self.parts.filter { $0.differs(old, new) }
        changed = different.filter(\.isLive).map(\.name)
        needsRestart = different.filter { !$0.isLive }.map(\.name)
        var effective = new
        for part in different where !part.isLive { part.copy(old, &effective) }
        self.effective = effective
    }
}
