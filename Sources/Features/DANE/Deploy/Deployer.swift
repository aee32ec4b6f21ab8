import Glibc
internal import StewardCertificates

/// Puts key and chain in the place of the file that services read, and makes them read it.
package struct Deployer: Hashable, Sendable {
    /// Why a file was not put in its place: the old one is there, whole.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A stable word: `deploy-failed`.
        package var code: String
        /// What is wrong and what to do: whole sentences.
        package var text: String

        /// A failure.
        package init(_ code: String, _ text: String) {
            self.code = code
            self.text = text
        }

        package var description: String { text }
    }

    /// The file, absolute.
    package var file: String
    /// Who owns it; nil: as it is, or this process's user.
    package var owner: FileOwner?
    /// What is reloaded.
    package var reloads: [Reload]
    /// How long each reload may take, in seconds.
    package var patience = 60.0

    /// A deployer.
    package init(file: String, owner: FileOwner? = nil, reloads: [Reload] = []) {
        self.file = file
        self.owner = owner
        self.reloads = reloads
    }

    /// The deployed file's content; nil where there is none.
    /// - Throws: ``Failure`` `deployed-unreadable` where there is something that can't be used.
    package func read() throws(Failure) -> KeyedChain? {
        do {
            guard access(folder, F_OK) == 0 || errno != ENOENT else { return nil }
            guard let bytes = try DurableFolder(path: folder).read(name) else { return nil }
            return try KeyedChain(file: bytes)
        } catch let flaw as KeyedChain.Flaw {
            throw Failure(
                "deployed-unreadable",
                "The deployed file \(file) \(flaw). Whoever reads it can't serve it; Steward puts the right one in its place when the lineage can be read."
            )
        } catch {
            throw Failure("deployed-unreadable", "The deployed file can't be read: \(error).")
        }
    }

    /// Puts `bundle` in the file's place by an atomic rename; readers get the old or the new one, whole. Mode and owner stay as
    /// they are; a new file is readable by its owner alone.
    package func install(_ bundle: KeyedChain) throws(Failure) {
        do {
            let folder = try DurableFolder.making(folder, mode: 0o755)
            var shape = DurableFolder.Shape()
            if let facts = try folder.facts(name) {
                guard facts.kind == .file else {
                    throw FileFailure("replace", file, facts.kind == .symlink ? ELOOP : EINVAL)
                }
                shape = DurableFolder.Shape(facts)
            }
            if let owner { shape.owner = (owner.user, owner.group) }
            // Nobody but the owner and its group ever needs a private key.
            shape.mode &= 0o660
            try folder.replace(name, bundle.bytes, shape: shape)
        } catch {
            throw Failure("deploy-failed", "The deployed file can't be replaced: \(error). The old one is still there.")
        }
    }

    /// Makes the services read the file: all reloads in order, each though another failed. What failed, in sentences. Of
    /// Postfix, processes that serve a client end after it, all others at once: nobody gets the old file any more for long.
    package func reload() async -> [String] {
        var failures: [String] = []
        for reload in reloads {
            let outcome = await Command(reload.words).run(seconds: patience)
            if !outcome.isGood {
                failures.append(
                    "'\(reload)' failed (\(outcome.reason)): the service may serve the old certificate until it is reloaded."
                )
            }
        }
        return failures
    }

    private var folder: String { String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]) }
    private var name: String { String(file[(file.lastIndex(of: "/").map(file.index(after:)) ?? file.startIndex)...]) }
}
