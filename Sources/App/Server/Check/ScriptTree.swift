import Foundation
import Glibc

/// What lies in a zone's folder, as far as the check cares: Python files, the number of folders, files that anybody
/// may change. Links are not followed; hidden folders are left out.
struct ScriptTree {
    /// The Python files, helpers that are no routes among them.
    private(set) var scripts: [String] = []
    /// How many folders the zone has, its own among them; each needs an inotify watch.
    private(set) var folderCount = 0
    /// Files and folders that every user of the machine may change.
    private(set) var worldWritable: [String] = []

    private let excluded: Set<String>

    /// Walks `folder`, without the folders beneath it that are `excluded`; one that can't be read has nothing.
    init(folder: String, excluded: Set<String> = []) {
        self.excluded = excluded
        var information = stat()
        guard stat(folder, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else { return }
        note(folder, information.st_mode)
        walk(folder, depth: 0)
    }

    private mutating func walk(_ folder: String, depth: Int) {
        folderCount += 1
        guard depth < 32, let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
        for name in names.sorted() where !name.hasPrefix(".") && name != "__pycache__" {
            let path = "\(folder)/\(name)"
            var information = stat()
            guard lstat(path, &information) == 0 else { continue }
            switch information.st_mode & S_IFMT {
            case S_IFDIR where !excluded.contains(path):
                note(path, information.st_mode)
                walk(path, depth: depth + 1)
            case S_IFREG:
                note(path, information.st_mode)
                if name.hasSuffix(".py") { scripts.append(path) }
            default: continue
            }
        }
    }

    private mutating func note(_ path: String, _ mode: mode_t) {
        if mode & 0o002 != 0 { worldWritable.append(path) }
    }
}
