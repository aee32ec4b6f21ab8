import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Reads a folder of certbot's logs (`letsencrypt.log`, `letsencrypt.log.1`, ...) and says which renewals fail.
package struct RenewalLogReader: Sendable {
    private let folder: String
    private let zone: RenewalLog.Zone
    private let budget: Int

    /// Of `folder`, certbot's `--logs-dir`. The newest files are read first, `budget` bytes in all.
    package init(folder: String = "/var/log/letsencrypt", zone: RenewalLog.Zone = .local, budget: Int = 64 << 20) {
        self.folder = folder
        self.zone = zone
        self.budget = budget
    }

    /// What was read, and what could not be.
    package struct Reading: Sendable {
        package var log: RenewalLog
        package var unread: [UnreadPlace] = []
    }

    /// Reads the logs; a folder that isn't there holds none.
    package func read() -> Reading {
        var reading = Reading(log: RenewalLog(zone: zone))
        do throws(SystemError) {
            let opened = try Folder.open(folder)
            var files: [(name: FileName, time: Int, size: Int)] = []
            for (name, type) in try opened.entries() where type == .regular && Self.isLog(name) {
                var status = stat()
                guard name.withPath({ fstatat(opened.descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
                    continue
                }
                files.append(
                    (name, status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec, Int(status.st_size)))
            }
            var left = budget
            let chosen = files.sorted { $0.time > $1.time }.prefix { file in
                left -= file.size
                return left >= 0
            }
            for file in chosen.reversed() {
                do throws(FileTrouble) {
                    let content = try opened.read(file.name, limit: budget)
                    reading.log.read(content.bytes, file: "\(folder)/\(file.name.text)")
                } catch {
                    reading.unread.append(
                        UnreadPlace("\(folder)/\(file.name.text)", reason: error.text, mayHoldUse: false))
                }
            }
        } catch {
            if !FileTrouble.system(error).isMissing {
                reading.unread.append(UnreadPlace(folder, reason: error.text, mayHoldUse: false))
            }
        }
        return reading
    }

    private static func isLog(_ name: FileName) -> Bool {
        name.bytes.starts(with: "letsencrypt.log".utf8) && !name.hasSuffix(".gz")
    }
}

extension Inventory {
    /// Adds a finding to every lineage whose last renewal failed by `log`.
    package mutating func note(_ log: RenewalLog) {
        let forms = Dictionary(
            trees.map { ($0.path, [$0.ownPath, $0.path, TreePaths($0).resolved]) }, uniquingKeysWith: { one, _ in one })
        for index in lineages.indices {
            let lineage = lineages[index]
            let keys = (forms[lineage.tree] ?? []).map { RenewalLog.Key(tree: $0, name: lineage.name) }
            guard let outcome = keys.lazy.compactMap({ log.outcomes[$0] }).first, let failing = outcome.failing else {
                continue
            }
            let times = outcome.failures == 1 ? "" : ", \(outcome.failures) times in a row"
            lineages[index].findings.append(
                Finding(
                    .renewalFailing,
                    "The last renewal failed\(times) (\(failing.place)): \(failing.reason). Mend that, or remove the "
                        + "lineage if nothing uses it.", path: failing.place.text))
        }
    }
}
