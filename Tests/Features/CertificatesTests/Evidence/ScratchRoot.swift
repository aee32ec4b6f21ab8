import Foundation

@testable import StewardCertificates

/// A folder that stands for a system's root, with the files that a test writes; gone when the value is.
final class ScratchRoot {
    let path: String
    var root: ConfigurationRoot { ConfigurationRoot(path) }

    /// With `files` by their inside path; a text that begins with `-> ` makes a symlink.
    init(_ files: [String: String] = [:]) {
        path = ConfigurationRoot(NSTemporaryDirectory()).prefix + "/evidence-\(UUID().uuidString)"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { write(name, text) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) {
        let file = path + name
        try? FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        if text.hasPrefix("-> ") {
            try? FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: String(text.dropFirst(3)))
        } else if name.hasSuffix("/") {
            try? FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
        } else {
            _ = FileManager.default.createFile(atPath: file, contents: Data(text.utf8))
        }
    }

    func write(_ name: String, bytes: [UInt8]) {
        _ = FileManager.default.createFile(atPath: path + name, contents: Data(bytes))
    }

    /// A lineage with its symlinks, as certbot lays it out.
    func addLineage(_ name: String, tree: String = "/etc/letsencrypt", version: Int = 1) {
        for kind in Lineage.Kind.allCases {
            write("\(tree)/archive/\(name)/\(kind)\(version).pem", "\(kind)")
            write("\(tree)/live/\(name)/\(kind).pem", "-> ../../archive/\(name)/\(kind)\(version).pem")
        }
    }

    /// What reading it gives.
    func read(_ settings: EvidenceSettings = EvidenceSettings(), inventory: Inventory = Inventory()) -> Outcome {
        Outcome(report: EvidenceReader(root: root, settings: settings, inventory: inventory).read(), prefix: path)
    }

    /// A report with the root's path taken off.
    struct Outcome {
        let report: EvidenceReport
        let prefix: String

        /// `kind place -> path (detail)` of every sign.
        var signs: [String] {
            report.evidence.map { sign in
                var target: String
                switch sign.target {
                case .path(let path): target = path
                case .lineage(let name): target = "lineage \(name)"
                case .fingerprint(let print): target = "fingerprint \(print)"
                case .spki(let print): target = "spki \(print)"
                }
                target = "\(sign.kind.rawValue) \(sign.place) -> \(target) (\(sign.detail))"
                return target.replacing(prefix, with: "")
            }
        }

        /// `file:line -> path` of every sign whose path has no symlinks left to follow.
        func lines(_ file: String) -> [String] {
            signs.filter { $0.contains(" \(file):") }.map {
                String($0.split(separator: " (")[0].split(separator: " ", maxSplits: 1)[1])
            }
        }

        /// The paths that are signs.
        var paths: Set<String> {
            Set(
                report.evidence.compactMap { sign in
                    if case .path(let path) = sign.target { path.replacing(prefix, with: "") } else { nil }
                })
        }

        /// `code: text` of every finding.
        var findings: [String] { report.findings.map { "\($0.code): \($0.text)".replacing(prefix, with: "") } }

        /// `place: reason` of every place that could not be read.
        var unread: [String] { report.unread.map { "\($0.place): \($0.reason)".replacing(prefix, with: "") } }

        /// The places that were looked at.
        var looked: [String] { report.looked.map { $0.replacing(prefix, with: "") } }
    }
}

/// What the certbot tree at `/etc/letsencrypt` of `scratch` holds, as an inventory tells it.
func inventory(_ scratch: ScratchRoot, _ names: [String], hooks: [String: [String: String]] = [:]) -> Inventory {
    let tree = scratch.path + "/etc/letsencrypt"
    return Inventory(
        trees: [CertbotTree(path: tree, ownPath: "/etc/letsencrypt")],
        lineages: names.map { name in
            Lineage(
                name: name, tree: tree, renewal: hooks[name].map { RenewalFacts(hooks: $0) },
                folders: ["\(tree)/live/\(name)", "\(tree)/archive/\(name)"])
        })
}
