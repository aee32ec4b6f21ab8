import Glibc
internal import StewardCertificates

/// A lineage's renewal conf: how certbot is to be told to ask the same authority in the same way, and the line that has
/// renewals keep the key.
struct LineageConf {
    private let folder: DurableFolder
    private let file: String
    private let bytes: [UInt8]
    private let root: ConfigObj.Section
    private let name: String
    private let tree: String

    /// Reads the conf of the lineage `name`.
    init(tree: String, name: String) throws(Issuer.Failure) {
        (self.tree, self.name, file) = (tree, name, "\(name).conf")
        do throws(FileFailure) {
            folder = try DurableFolder(path: "\(tree)/renewal")
            guard let bytes = try folder.read(file) else { throw FileFailure("read", folder.shown(file), ENOENT) }
            self.bytes = bytes
        } catch {
            throw Issuer.Failure(
                "conf-unreadable",
                "How certbot got the lineage \(name) can't be read: \(error). 'steward certs' tells more.")
        }
        let config = ConfigObj(bytes)
        if let failure = config.failures.first {
            throw Issuer.Failure(
                "conf-unreadable",
                "\(folder.shown(file)):\(failure.line) can't be parsed: \(failure.reason.rawValue). Mend that line.")
        }
        root = config.root
        guard root.section("renewalparams")?["authenticator"] != nil else {
            throw Issuer.Failure(
                "conf-unreadable",
                "\(folder.shown(file)) names no authenticator: certbot can't renew the lineage. Issue it again with --cert-name \(name)."
            )
        }
    }

    /// The tree's path as certbot itself knows it, in its container perhaps: `archive_dir` ends in `/archive/NAME`.
    var ownTree: String {
        let ending = "/archive/\(name)"
        guard let archive = root["archive_dir"]?.text, archive.hasSuffix(ending) else { return tree }
        return String(archive.dropLast(ending.count))
    }

    /// Whether renewals keep the key already.
    var keepsKey: Bool {
        ["true", "yes", "on", "1"].contains(root.section("renewalparams")?["reuse_key"]?.text.lowercased())
    }

    // MARK: - Options

    /// What is the same under another name on the command line (certbot's renewal.py, CONFIG_ITEMS).
    private static let renamed = [
        "authenticator": "--authenticator", "server": "--server", "account": "--account",
        "preferred_chain": "--preferred-chain", "preferred_profile": "--preferred-profile",
        "required_profile": "--required-profile", "pref_challs": "--preferred-challenges",
        "http01_port": "--http-01-port", "http01_address": "--http-01-address", "pre_hook": "--pre-hook",
        "post_hook": "--post-hook", "user_agent": "--user-agent",
    ]

    /// certbot's options that ask as this lineage was asked for.
    var options: [String] {
        guard let parameters = root.section("renewalparams") else { return [] }
        var options: [String] = []
        let plugin = (parameters["authenticator"]?.text ?? "").replacing("-", with: "_")
        for key in parameters.keys {
            guard let value = parameters[key], value.text != "None", !value.text.isEmpty else { continue }
            if let option = Self.renamed[key] {
                options.append("\(option)=\(value.text)")
            } else if plugin != "webroot", key.hasPrefix(plugin + "_"), value.text != "False" {
                let option = "--" + key.replacing("_", with: "-")
                options.append(value.text == "True" ? option : "\(option)=\(value.text)")
            }
        }
        return options + (plugin == "webroot" ? webroots(parameters) : [])
    }

    /// Each name's webroot; certbot takes the names from the request.
    private func webroots(_ parameters: ConfigObj.Section) -> [String] {
        if let map = parameters.section("webroot_map"), !map.keys.isEmpty {
            let pairs = map.keys.compactMap { key in map[key].map { "\(Self.quoted(key)):\(Self.quoted($0.text))" } }
            return ["--webroot-map={\(pairs.joined(separator: ","))}"]
        }
        return (parameters["webroot_path"]?.items ?? []).filter { !$0.isEmpty }.map { "--webroot-path=\($0)" }
    }

    /// A JSON string (RFC 8259, section 7).
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    // MARK: - Changing

    /// Writes `reuse_key = True` into `[renewalparams]`; every other byte stays. The caller holds certbot's locks.
    func keepKey() throws(Issuer.Failure) {
        if keepsKey { return }
        do throws(FileFailure) {
            let facts = try folder.facts(file)
            try folder.replace(
                file, changed, shape: facts.map { DurableFolder.Shape($0) } ?? DurableFolder.Shape(mode: 0o644))
        } catch {
            throw Issuer.Failure(
                "conf-unwritable",
                "certbot can't be told to keep the key: \(error). Write 'reuse_key = True' into [renewalparams] of it.")
        }
    }

    private var changed: [UInt8] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
        let line = Array("reuse_key = True".utf8)
        if let number = root.section("renewalparams")?.line(of: "reuse_key") {
            lines[number - 1] = line
        } else if let start = lines.firstIndex(where: { Self.trimmed($0) == Array("[renewalparams]".utf8) }) {
            lines.insert(line, at: start + 1)
        }
        return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }

    private static func trimmed(_ line: [UInt8]) -> [UInt8] { line.filter { $0 > 32 } }
}
