/// Configuration files that are changed: kept first, and put back where the change was no good.
final class ConfigurationFiles {
    /// The folder in which they are kept.
    let backup: String
    private let paths: [String]
    private var before: [String: (bytes: [UInt8], shape: DurableFolder.Shape)] = [:]

    init(_ paths: Set<String>, backup: String) {
        self.paths = paths.sorted()
        self.backup = backup
    }

    /// Keeps all of them in the backup folder, under their paths with `_` for `/`; earlier ones get other names.
    func keep() throws(Adoption.Failure) {
        for path in paths {
            do throws(FileFailure) {
                let (folder, name) = try Self.open(path)
                guard let bytes = try folder.read(name, limit: 8 << 20), let facts = try folder.facts(name) else {
                    throw FileFailure("read", path)
                }
                before[path] = (bytes, DurableFolder.Shape(facts))
                let kept = try DurableFolder.making(backup)
                let plain = path.replacing("/", with: "_").drop { $0 == "_" }
                let taken = Set(try kept.names())
                let free = (0...).lazy.map { $0 == 0 ? String(plain) : "\(plain).\($0)" }.first { !taken.contains($0) }
                try kept.create(free ?? String(plain), bytes)
            } catch {
                throw Adoption.Failure("edit-failed", "\(path) can't be kept before it is changed: \(error).")
            }
        }
    }

    /// Points lines of a Dovecot configuration to `file`.
    func change(_ path: String, lines: [Int], to file: String) throws(Adoption.Failure) {
        guard let (bytes, shape) = before[path], let changed = DovecotEdit.apply(bytes, lines: lines, file: file) else {
            throw Adoption.Failure(
                "edit-failed", "\(path) can't be changed safely: a value goes over several lines. Change it by hand.")
        }
        do throws(FileFailure) {
            let (folder, name) = try Self.open(path)
            try folder.replace(name, changed, shape: shape)
        } catch {
            throw Adoption.Failure("edit-failed", "\(path) can't be changed: \(error).")
        }
    }

    /// Puts back what is no longer as it was.
    func putBack() throws(Adoption.Failure) {
        for (path, (bytes, shape)) in before {
            do throws(FileFailure) {
                let (folder, name) = try Self.open(path)
                if try folder.read(name, limit: 8 << 20) != bytes { try folder.replace(name, bytes, shape: shape) }
            } catch {
                throw Adoption.Failure("not-restored", "\(error); it is kept in \(backup).")
            }
        }
    }

    private static func open(_ path: String) throws(FileFailure) -> (DurableFolder, String) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return (try DurableFolder(path: String(path[..<slash])), String(path[path.index(after: slash)...]))
    }
}
