/// One certbot configuration folder (certbot's `--config-dir`): `renewal/`, `live/`, `archive/`, `accounts/`...
package struct CertbotTree: Hashable, Sendable, Codable {
    /// How the tree came to be known.
    package enum Origin: Hashable, Sendable, Codable {
        /// Named by an option or the settings file.
        case named
        /// `/etc/letsencrypt`, certbot's default.
        case standard
        /// A Docker volume with this name.
        case dockerVolume(String)
        /// A folder that a container has mounted: the container's name and the mount's place inside it.
        case containerMount(container: String, destination: String)
    }

    /// The folder as this process opens it, absolute.
    package var path: String
    /// How the tree came to be known.
    package var origin: Origin
    /// The path under which certbot itself knows the folder (in its container, or below a `--config-root`):
    /// absolute paths in renewal confs and symlinks that begin with it mean places in this tree.
    package var ownPath: String

    /// A tree at `path`, which certbot itself knows as `ownPath` (the same unless given).
    package init(path: String, origin: Origin = .named, ownPath: String? = nil) {
        self.path = path
        self.origin = origin
        self.ownPath = ownPath ?? path
    }
}
