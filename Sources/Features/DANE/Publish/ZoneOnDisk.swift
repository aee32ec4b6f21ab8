internal import Crypto
import Glibc
internal import StewardCertificates
internal import StewardDNS

/// A zone file on disk, its folder locked against other Stewards; beside it, while a change is under way, the content
/// before it (`NAME.steward-before`, whose first line says which content it was replaced with).
final class ZoneOnDisk: Sendable {
    /// One change of the whole file.
    struct Edit: Sendable {
        var old: [UInt8]
        var new: [UInt8]
        /// The new serial.
        var serial: UInt32
    }

    private let folder: DurableFolder
    private let name: String

    /// The file at `path`, its symlinks followed.
    init(_ path: String) throws(PublishFailure) {
        guard let real = realpath(path, nil) else {
            throw PublishFailure(
                "zone-unreadable", "\(FileFailure("open", path)). Set 'dane.zones[].file.path' to the zone file.")
        }
        defer { free(real) }
        let whole = String(cString: real)
        let slash = whole.lastIndex(of: "/") ?? whole.startIndex
        name = String(whole[whole.index(after: slash)...])
        folder = try Self.told { () throws(FileFailure) in
            try DurableFolder(path: slash == whole.startIndex ? "/" : String(whole[..<slash]))
        }
    }

    private static func told<Value>(_ body: () throws(FileFailure) -> Value) throws(PublishFailure) -> Value {
        do throws(FileFailure) { return try body() } catch {
            throw PublishFailure("zone-unreadable", "\(error). Nothing was changed.")
        }
    }

    // MARK: The lock

    /// One Steward at a time in this folder (flock(2)).
    func lock(patience: Duration) async throws(PublishFailure) {
        let end = ContinuousClock.now + patience
        while flock(folder.descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < end, !Task.isCancelled else {
                throw PublishFailure(
                    "locked",
                    "Another Steward has been changing zone files in \(folder.path) for a while; this is tried again.",
                    isPassing: true)
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    func unlock() { flock(folder.descriptor, LOCK_UN) }

    // MARK: The content

    private static let limit = 256 << 20

    func read() throws(PublishFailure) -> [UInt8] {
        let bytes = try Self.told { () throws(FileFailure) in try folder.read(name, limit: Self.limit) }
        guard let bytes else { throw PublishFailure("zone-unreadable", "There is no \(folder.path)/\(name) any more.") }
        return bytes
    }

    /// Keeps the old content beside and puts the new one in its place, unless somebody else wrote meanwhile.
    func begin(_ edit: Edit) throws(PublishFailure) {
        let shape = try self.shape()
        try Self.told { () throws(FileFailure) in
            try folder.replace(Self.before(name), Self.header(edit.new) + edit.old, shape: shape)
        }
        guard try read() == edit.old else {
            finish()
            throw PublishFailure(
                "conflict",
                "\(folder.path)/\(name) was changed by somebody else at this moment; it was left as it is and is read anew.",
                isPassing: true)
        }
        do { try put(edit.new) } catch {
            finish()
            throw error
        }
    }

    /// Puts a content in the file's place at one instant, mode and owner as they are.
    func put(_ bytes: [UInt8]) throws(PublishFailure) {
        let shape = try self.shape()
        try Self.told { () throws(FileFailure) in try folder.replace(name, bytes, shape: shape) }
    }

    private func shape() throws(PublishFailure) -> DurableFolder.Shape {
        let facts = try Self.told { () throws(FileFailure) in try folder.facts(name) }
        return facts.map { DurableFolder.Shape($0) } ?? DurableFolder.Shape(mode: 0o644)
    }

    /// Takes what lies beside away.
    func finish() {
        _ = try? folder.remove(Self.before(name))
        unmarkFrozen()
    }

    /// Where the content before the change is kept.
    var backup: String { "\(folder.path)/\(Self.before(name))" }

    private static func before(_ name: String) -> String { "\(name).steward-before" }

    /// `; steward: before SHA256`, the digest that of the content that took its place.
    private static func header(_ new: [UInt8]) -> [UInt8] {
        Array("; steward: before \(Fingerprint(Array(SHA256.hash(data: new))))\n".utf8)
    }

    // MARK: After a crash

    /// Settles a change that an earlier process began: finished if it is served, else undone. Returns the serial that may
    /// have been used up.
    func recover(
        served: ServedSet, zone: DomainName, owner: DomainName, notice: (Finding) -> Void
    ) throws(PublishFailure) -> UInt32? {
        let kept = try Self.told { () throws(FileFailure) in
            try folder.read(Self.before(name), limit: Self.limit + 200)
        }
        guard let kept, let end = kept.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let (header, old, now) = (Array(kept[...end]), Array(kept[(end + 1)...]), try read())
        let file = ZoneFile(now, zone: zone)
        guard header == Self.header(now) else {
            if old != now { try keepAside(notice) } else { finish() }
            return nil
        }
        if !served.holds(file.tlsa(owner).map(\.data)) { try put(old) }
        _ = try? folder.remove(Self.before(name))
        return file.serial
    }

    /// The file is neither what was written nor what was before: somebody has edited it since.
    private func keepAside(_ notice: (Finding) -> Void) throws(PublishFailure) {
        let aside = "\(Self.before(name)).\(time(nil))"
        guard renameat(folder.descriptor, Self.before(name), folder.descriptor, aside) == 0 else {
            throw PublishFailure("zone-unreadable", "\(FileFailure("rename", backup)). Nothing was changed.")
        }
        notice(
            Finding(
                "change-interrupted", .note,
                "A change of \(folder.path)/\(name) was interrupted, and the file has been edited since. Its content before that change is kept in \(folder.path)/\(aside); remove it when it is not needed.",
                path: "\(folder.path)/\(aside)"))
    }

    // MARK: Freezing

    private var mark: String { ".\(name).steward-frozen" }

    /// Whether a freeze of Steward's own was not ended.
    var isMarkedFrozen: Bool { ((try? folder.facts(mark)) ?? nil) != nil }

    func markFrozen() throws(PublishFailure) {
        try Self.told { () throws(FileFailure) in try folder.replace(mark, []) }
    }

    func unmarkFrozen() { _ = try? folder.remove(mark) }
}
