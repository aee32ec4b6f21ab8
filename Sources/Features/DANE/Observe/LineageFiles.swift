import CLinux
import Glibc
internal import StewardCertificates

/// The files of one certbot lineage, read directly: `live/NAME/*.pem` and the earlier versions in `archive/NAME`. Symlinks are
/// followed only as far as they stay in the tree.
package struct LineageFiles: Hashable, Sendable {
    /// certbot's configuration folder.
    package var tree: String
    /// The lineage's name.
    package var name: String

    /// The files of the lineage `name` in `tree`.
    package init(tree: String, name: String) {
        self.tree = tree
        self.name = name
    }

    /// Why the lineage can't be used as it is.
    package struct Trouble: Error, Hashable, Sendable, CustomStringConvertible {
        /// A stable word: `lineage-missing`, `lineage-unreadable`, `lineage-mismatch`.
        package var code: String
        /// What is wrong and what to do: whole sentences.
        package var text: String
        package var description: String { text }
    }

    /// What `live/` leads to. While certbot is half-way through a renewal (its symlinks change one after another), key and
    /// certificate are of different versions: it waits up to `patience` for the rest.
    package func current(
        patience: Duration = .seconds(2), isolation: isolated (any Actor)? = #isolation
    ) async throws(Trouble) -> KeyedChain {
        let end = ContinuousClock.now + patience
        while true {
            do throws(Trouble) {
                return try read("live/\(name)/privkey.pem", "live/\(name)/fullchain.pem")
            } catch {
                guard error.code == "lineage-mismatch", ContinuousClock.now < end else { throw error }
            }
            do { try await Task.sleep(for: .milliseconds(50)) } catch {
                throw Trouble(code: "lineage-unreadable", text: "The reading of lineage \(name) was cancelled.")
            }
        }
    }

    /// The key and chain of one version in the archive; nil where they aren't whole any more.
    package func version(_ number: Int) -> KeyedChain? {
        try? read("archive/\(name)/privkey\(number).pem", "archive/\(name)/fullchain\(number).pem")
    }

    /// The version numbers in the archive that have a key and a chain, ascending.
    package func versions() -> [Int] {
        guard let folder = try? DurableFolder(path: tree).folder("archive/\(name)"), let names = try? folder.names()
        else { return [] }
        let all = Set(names)
        return names.compactMap { name -> Int? in
            guard name.hasPrefix("privkey"), name.hasSuffix(".pem"), let number = Int(name.dropFirst(7).dropLast(4)),
                number > 0, all.contains("fullchain\(number).pem")
            else { return nil }
            return number
        }.sorted()
    }

    /// What changes when certbot renews, cheap to read: where the symlinks lead and what stands there.
    package func stamp() -> [Int64] {
        ["privkey.pem", "fullchain.pem"].flatMap { file in
            FileFacts(path: "\(tree)/live/\(name)/\(file)")?.stamp ?? [0]
        }
    }

    private func read(_ key: String, _ chain: String) throws(Trouble) -> KeyedChain {
        let folder = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw missing(tree, errno) }
        defer { close(folder) }
        let (keyBytes, chainBytes) = (try content(folder, key), try content(folder, chain))
        do throws(KeyedChain.Flaw) {
            return try KeyedChain(key: keyBytes, chain: chainBytes)
        } catch {
            let file = [.noCertificate].contains(error.kind) ? chain : key
            throw Trouble(
                code: error.kind == .mismatch ? "lineage-mismatch" : "lineage-unreadable",
                text: error.kind == .mismatch
                    ? "In lineage \(name), \(tree)/\(key) is not the key of \(tree)/\(chain). If certbot is not at work, run 'certbot update_symlinks' or renew it with --force-renewal; nothing is deployed from it until then."
                    : "\(tree)/\(file) \(error.text). Renew the lineage \(name) with --force-renewal, or restore the file."
            )
        }
    }

    private func content(_ folder: Int32, _ path: String) throws(Trouble) -> [UInt8] {
        let file = clinux_open_beneath(folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard file >= 0 else { throw missing("\(tree)/\(path)", errno) }
        defer { close(file) }
        guard let facts = FileFacts(descriptor: file), facts.kind == .file, facts.size <= 1 << 20 else {
            throw Trouble(code: "lineage-unreadable", text: "\(tree)/\(path) is no file of a certificate.")
        }
        var bytes = [UInt8](repeating: 0, count: facts.size + 1)
        var filled = 0
        while filled < bytes.count {
            let start = filled
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress?.advanced(by: start), $0.count - start)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw missing("\(tree)/\(path)", errno) }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    private func missing(_ path: String, _ number: Int32) -> Trouble {
        let reason = String(cString: strerror(number))
        switch number {
        case ENOENT, ENOTDIR:
            return Trouble(
                code: "lineage-missing",
                text:
                    "\(path) is not there (\(reason)): certbot has no lineage \(name), or it is damaged. 'steward certs' tells more; correct 'lineage' and 'tree', or issue the certificate with --cert-name \(name)."
            )
        case EXDEV, ELOOP:
            return Trouble(
                code: "lineage-unreadable",
                text:
                    "\(path) leads out of \(tree) (\(reason)). Make it a relative symlink into archive/\(name), or run 'certbot update_symlinks'."
            )
        default:
            return Trouble(
                code: "lineage-unreadable",
                text: "\(path) can't be read: \(reason). Run this as root, or let 'steward helper' do it.")
        }
    }
}
