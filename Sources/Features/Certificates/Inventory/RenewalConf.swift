#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A renewal conf as far as it could be read.
struct RenewalConf: Sendable {
    /// What it says; nil where it can't be parsed.
    var facts: RenewalFacts?
    /// What is wrong with it.
    var findings: [Finding] = []
    /// Why it couldn't be read, if it couldn't.
    var unread: UnreadPlace?

    init() {}

    /// Parses `bytes`; `path` is shown in findings.
    init(_ bytes: [UInt8], path: String) {
        if bytes.allSatisfy({ $0 == 0x20 || $0 >= 9 && $0 <= 13 || $0 == 0 }) {
            findings = [Finding(.confEmpty, "\(path) is empty. \(Self.wayOut(path))", path: path)]
            return
        }
        let config = ConfigObj(bytes)
        guard let first = config.failures.first else {
            read(config, path)
            return
        }
        let more = config.failures.count > 1 ? " (\(config.failures.count) such lines in all)" : ""
        findings = [
            Finding(
                .confUnparsable,
                "\(path):\(first.line) can't be parsed: \(first.reason.rawValue)\(more). Certbot skips the lineage; "
                    + "'certbot delete' would remove the conf and leave the keys. Mend that line, or restore the file.",
                path: path)
        ]
    }

    private static func wayOut(_ path: String) -> String {
        "Restore it from a backup, or issue the certificate again under the same --cert-name."
    }

    private mutating func read(_ config: ConfigObj, _ path: String) {
        let root = config.root
        let parameters = root.section("renewalparams")
        var facts = RenewalFacts(
            certbotVersion: root["version"]?.text, archiveFolder: root["archive_dir"]?.text,
            authenticator: Self.stated(parameters?["authenticator"]), installer: Self.stated(parameters?["installer"]),
            server: Self.stated(parameters?["server"]), account: Self.stated(parameters?["account"]),
            keyType: Self.stated(parameters?["key_type"]), reusesKey: Self.isTrue(parameters?["reuse_key"]) ?? false,
            renewsItself: Self.isTrue(parameters?["autorenew"]) ?? true,
            renewBeforeExpiry: Self.stated(root["renew_before_expiry"] ?? parameters?["renew_before_expiry"]))
        for kind in Lineage.Kind.allCases { facts.paths[kind] = root[kind.rawValue]?.text }
        facts.hooks = Self.hooks(parameters)
        facts.webroots = Self.webroots(parameters)
        facts.ariRetryAfter = root.section("acme_renewal_info")?["ari_retry_after"].flatMap { Self.date($0.text) }
        self.facts = facts
        judge(facts, config, path)
    }

    /// ConfigObj's words for true and false (`as_bool`).
    private static func isTrue(_ value: ConfigObj.Value?) -> Bool? {
        switch value?.text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    /// Certbot writes Python's `None` where nothing is set.
    private static func stated(_ value: ConfigObj.Value?) -> String? {
        guard let text = value?.text, !text.isEmpty, text != "None" else { return nil }
        return text
    }

    private static func hooks(_ parameters: ConfigObj.Section?) -> [String: String] {
        var hooks: [String: String] = [:]
        for name in ["pre_hook", "post_hook", "manual_auth_hook", "manual_cleanup_hook"] {
            hooks[name] = stated(parameters?[name])
        }
        // Written as renew_hook, read under both names (certbot storage.py).
        hooks["deploy_hook"] = stated(parameters?["renew_hook"]) ?? stated(parameters?["deploy_hook"])
        return hooks
    }

    private static func webroots(_ parameters: ConfigObj.Section?) -> [String] {
        var roots: [String] = []
        let map = parameters?.section("webroot_map")
        let named = (map?.keys ?? []).compactMap { map?[$0]?.text }
        for root in (parameters?["webroot_path"]?.items ?? []) + named
        where !root.isEmpty && root != "None" && !roots.contains(root) { roots.append(root) }
        return roots
    }

    private static func date(_ text: String) -> Date? {
        // Python's isoformat, with seconds and an offset: 2025-11-02T03:04:05+00:00.
        let digits = text.utf8.map { Int($0) - 0x30 }
        guard digits.count >= 19, [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18].allSatisfy({ 0...9 ~= digits[$0] })
        else { return nil }
        func number(_ start: Int) -> Int { digits[start] * 10 + digits[start + 1] }
        guard 1...12 ~= number(5), 1...31 ~= number(8) else { return nil }
        var seconds = DERTime.days(number(0) * 100 + number(2), number(5), number(8)) * 86400
        seconds += number(11) * 3600 + number(14) * 60 + number(17)
        let zone = Array(text.utf8.dropFirst(19))
        if zone.count == 6, zone[0] == UInt8(ascii: "+") || zone[0] == UInt8(ascii: "-") {
            let offset = zone[1...].compactMap { 0x30...0x39 ~= $0 ? Int($0) - 0x30 : nil }
            if offset.count == 4 {
                let amount = (offset[0] * 10 + offset[1]) * 3600 + (offset[2] * 10 + offset[3]) * 60
                seconds -= zone[0] == UInt8(ascii: "+") ? amount : -amount
            }
        }
        return Date(timeIntervalSince1970: Double(seconds))
    }

    // MARK: - Judging

    private mutating func judge(_ facts: RenewalFacts, _ config: ConfigObj, _ path: String) {
        let missing = Lineage.Kind.allCases.filter { facts.paths[$0] == nil }
        if !missing.isEmpty {
            let names = missing.map(\.rawValue).joined(separator: ", ")
            add(
                .confIncomplete,
                "\(path) lacks \(names). Certbot can't use the lineage, and 'certbot delete' would leave half of it. "
                    + "Add the line: \(missing[0].rawValue) = .../live/NAME/\(missing[0].file).", path)
        }
        if config.root.section("renewalparams") == nil {
            add(
                .confNoParameters,
                "\(path) has no [renewalparams] section: certbot can't renew it. \(Self.wayOut(path))", path)
        } else if facts.authenticator == nil {
            add(.confNoParameters, "\(path) names no authenticator: certbot can't renew it. \(Self.wayOut(path))", path)
        }
        if !facts.renewsItself {
            add(
                .renewalOff,
                "\(path) says autorenew = False: certbot does not renew it. Remove the line if it should.", path)
        }
        if let key = Self.interpolated(config.root) {
            add(
                .confInterpolation,
                "\(path): the value of \(key) holds %(...)s, which certbot's parser tries to replace, and fails. "
                    + "Put the command into a script and name that.", path)
        }
    }

    private mutating func add(_ code: InventoryFinding, _ text: String, _ path: String) {
        findings.append(Finding(code, text, path: path))
    }

    /// The first key whose value ConfigObj would interpolate: `%(name)s`.
    private static func interpolated(_ section: ConfigObj.Section) -> String? {
        for key in section.keys where section[key]?.items.contains(where: isInterpolated) ?? false { return key }
        for name in section.names {
            if let key = section.section(name).flatMap(interpolated) { return key }
        }
        return nil
    }

    private static func isInterpolated(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var isOpen = false
        for (byte, next) in zip(bytes, bytes.dropFirst()) {
            if byte == UInt8(ascii: "%"), next == UInt8(ascii: "(") { isOpen = true }
            if byte == UInt8(ascii: ")") {
                if isOpen, next == UInt8(ascii: "s") { return true }
                isOpen = false
            }
        }
        return false
    }
}
