import Foundation

@testable import StewardCertificates

/// A certbot tree in a scratch folder that goes away with it.
final class InventoryTree {
    let path: String
    /// The path in its confs.
    let own: String

    init(own: String? = nil) throws {
        let template = NSTemporaryDirectory() + "inventory-XXXXXX"
        var bytes = template.utf8CString
        let made = bytes.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } }
        guard let made else { throw CocoaError(.fileWriteUnknown) }
        path = made
        self.own = own ?? path
        for folder in ["renewal", "live", "archive"] {
            try makeFolder(folder, mode: folder == "renewal" ? 0o755 : 0o700)
        }
    }

    deinit {
        // What a test closed must be opened again to be removed.
        for folder in ["live", "archive", "renewal"] {
            // A test's symlink may lead out of the tree.
            let place = "\(path)/\(folder)"
            guard (try? FileManager.default.destinationOfSymbolicLink(atPath: place)) == nil else { continue }
            chmod(place, 0o700)
        }
        try? FileManager.default.removeItem(atPath: path)
    }

    func makeFolder(_ folder: String, mode: mode_t = 0o755) throws {
        try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
        chmod("\(path)/\(folder)", mode)
    }

    func write(_ file: String, _ text: String, mode: mode_t = 0o644) throws {
        try write(file, Array(text.utf8), mode: mode)
    }

    func write(_ file: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(file)"))
        chmod("\(path)/\(file)", mode)
    }

    func link(_ file: String, to target: String) throws {
        unlink("\(path)/\(file)")
        guard symlink(target, "\(path)/\(file)") == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(file)") }

    static func conf(_ name: String, own: String, archive: String? = nil, live: String? = nil) -> String {
        let kinds = Lineage.Kind.allCases.map { "\($0.rawValue) = \(own)/live/\(live ?? name)/\($0.file)\n" }.joined()
        return """
            # renew_before_expiry = 30 days
            version = 2.1.0
            archive_dir = \(own)/archive/\(archive ?? name)
            \(kinds)
            # Options used in the renewal process
            [renewalparams]
            authenticator = webroot
            webroot_path = /var/www/html,
            server = https://acme-v02.api.letsencrypt.org/directory
            key_type = ecdsa
            renew_hook = systemctl reload nginx
            [[webroot_map]]
            \(name) = /var/www/html

            """
    }

    /// A sound lineage with `versions` versions.
    @discardableResult
    func add(
        _ name: String, names: [String]? = nil, versions: Int = 1, to: Date = Date(timeIntervalSince1970: 2_000_000_000)
    ) throws -> InventoryAuthority.Issued {
        try makeFolder("live/\(name)")
        try makeFolder("archive/\(name)")
        var last = InventoryAuthority.shared.issue(names ?? [name], to: to)
        for version in 1...versions {
            last = InventoryAuthority.shared.issue(names ?? [name], to: to)
            try write("archive/\(name)/cert\(version).pem", last.cert)
            try write("archive/\(name)/privkey\(version).pem", last.privkey, mode: 0o600)
            try write("archive/\(name)/chain\(version).pem", last.chain)
            try write("archive/\(name)/fullchain\(version).pem", last.fullchain)
        }
        for kind in Lineage.Kind.allCases {
            try link("live/\(name)/\(kind.file)", to: "../../archive/\(name)/\(kind.rawValue)\(versions).pem")
        }
        try write("live/\(name)/README", "This directory contains your keys and certificates.\n")
        try write("renewal/\(name).conf", Self.conf(name, own: own))
        return last
    }

    /// What the reader makes of it.
    func read(threads: Int = 2, now: Date = Date(timeIntervalSince1970: 1_750_000_000)) -> Inventory {
        InventoryReader(threads: threads).read([CertbotTree(path: path, ownPath: own)], now: now)
    }

    /// One lineage of it.
    func lineage(_ name: String) -> Lineage? { read().lineages.first { $0.name == name } }
}

extension Lineage {
    /// The findings' codes.
    var codes: Set<String> { Set(findings.map(\.code)) }
}
