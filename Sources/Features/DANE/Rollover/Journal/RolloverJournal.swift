import Glibc
internal import StewardDNS

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// The state of one deployment's rollover on disk: `state.json`, replaced as a whole, and `history.jsonl`, to which every
/// change is appended first. What is damaged is set aside under a name that says so; the state is then looked at anew, and
/// the history still says which records are Steward's.
package final class RolloverJournal: Sendable {
    /// What a journal held.
    package struct Content: Hashable, Sendable {
        /// The state; nil where there was none that could be read.
        package var state: RolloverState?
        /// What was damaged, where it was put, and what was taken from the history; nil where all was well.
        package var damage: String?

        /// What was there.
        package init(state: RolloverState? = nil, damage: String? = nil) {
            self.state = state
            self.damage = damage
        }
    }

    /// One line of the history.
    package struct Entry: Hashable, Sendable, Codable {
        /// When.
        package var at: Date
        /// The state as of then.
        package var state: RolloverState
        /// What is done, or what happened: `deploys K0ab1...`.
        package var text: String

        /// A line.
        package init(at: Date, state: RolloverState, text: String) {
            self.at = at
            self.state = state
            self.text = text
        }
    }

    private let folder: DurableFolder
    /// Where the history is cut: then it becomes `history.old`, and the one before is gone. In bytes.
    private let limit: Int

    /// The journal in `folder`, which holds nothing else.
    package init(_ folder: DurableFolder, limit: Int = 1 << 20) {
        self.folder = folder
        self.limit = limit
    }

    /// What is on disk. Sets damaged files aside.
    /// - Throws: where the folder can't be read or written.
    package func load() throws(FileFailure) -> Content {
        guard let bytes = try folder.read("state.json", limit: 4 << 20) else { return Content() }
        if let state = try? JSONDecoder().decode(RolloverState.self, from: Data(bytes)) { return Content(state: state) }
        let name = try setAside("state.json")
        var damage = "\(folder.path)/state.json was damaged and is now \(name)."
        guard let last = history(last: 1).last else {
            return Content(
                damage: damage
                    + " There is no history: everything is looked at anew, and no record is taken for Steward's.")
        }
        var state = RolloverState(since: last.at)
        state.own = last.state.own
        state.compromised = last.state.compromised
        state.rejected = last.state.rejected
        state.longestTTL = last.state.longestTTL
        damage +=
            " Everything is looked at anew; which records are Steward's is known from its history of \(Wording.date(last.at))."
        return Content(state: state, damage: damage)
    }

    /// Makes `state` durable. When this returns, a crash at any later moment finds it.
    package func save(_ state: RolloverState, at moment: Date, text: String) throws(FileFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let line = try? encoder.encode(Entry(at: moment, state: state, text: text)),
            let bytes = try? encoder.encode(state)
        else { throw FileFailure("write", folder.shown("state.json"), EINVAL) }
        try append(Array(line) + [UInt8(ascii: "\n")])
        try folder.replace("state.json", Array(bytes))
    }

    /// The last lines of the history, the oldest first; lines that are damaged are left out.
    package func history(last count: Int = 100) -> [Entry] {
        var entries: [Entry] = []
        for name in ["history.jsonl", "history.old"] where entries.count < count {
            let bytes = (try? folder.read(name, limit: 2 * limit + (8 << 20))) ?? []
            let lines = bytes.split(separator: UInt8(ascii: "\n")).reversed()
            for line in lines where entries.count < count {
                if let entry = try? JSONDecoder().decode(Entry.self, from: Data(line)) { entries.append(entry) }
            }
        }
        return entries.reversed()
    }

    private func setAside(_ name: String) throws(FileFailure) -> String {
        for number in 1...1000 {
            let aside = "\(name).damaged.\(number)"
            if faccessat(folder.descriptor, aside, F_OK, AT_SYMLINK_NOFOLLOW) == 0 { continue }
            guard renameat(folder.descriptor, name, folder.descriptor, aside) == 0 else {
                throw FileFailure("set aside", folder.shown(name))
            }
            try folder.sync()
            return aside
        }
        throw FileFailure("set aside", folder.shown(name), EEXIST)
    }

    private func append(_ line: [UInt8]) throws(FileFailure) {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC
        var file = openat(folder.descriptor, "history.jsonl", flags, mode_t(0o600))
        guard file >= 0 else { throw FileFailure("write", folder.shown("history.jsonl")) }
        if lseek(file, 0, SEEK_END) > limit {
            close(file)
            guard renameat(folder.descriptor, "history.jsonl", folder.descriptor, "history.old") == 0 else {
                throw FileFailure("rename", folder.shown("history.jsonl"))
            }
            file = openat(folder.descriptor, "history.jsonl", flags, mode_t(0o600))
            guard file >= 0 else { throw FileFailure("write", folder.shown("history.jsonl")) }
        }
        defer { close(file) }
        // A line that was cut by a crash is ended first, so that it takes no other with it.
        let bytes = (lseek(file, 0, SEEK_END) > 0 ? [UInt8(ascii: "\n")] : []) + line
        var done = 0
        while done < bytes.count {
            let start = done
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress?.advanced(by: start), bytes.count - start) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw FileFailure("write", folder.shown("history.jsonl"), count == 0 ? ENOSPC : errno)
            }
            done += count
        }
        guard fsync(file) == 0 else { throw FileFailure("write", folder.shown("history.jsonl")) }
    }
}
