import Glibc

/// The folder in certbot's tree where a request and its answer lie while certbot works: in the tree, so that a certbot in
/// a container sees it too. It holds no private key.
struct IssueFolder {
    /// The request's file name.
    static let request = "request.pem"
    /// The file name of the answer.
    static let result = "fullchain.pem"

    /// Its name in the tree.
    let name: String
    private let tree: DurableFolder
    private let folder: DurableFolder

    /// The name of the folder for `lineage`.
    static func name(_ lineage: String) -> String { ".steward-\(lineage)" }

    /// The folder of `lineage`, made where it isn't there.
    init(tree: String, lineage: String) throws(Issuer.Failure) {
        name = Self.name(lineage)
        do throws(FileFailure) {
            self.tree = try DurableFolder(path: tree)
            if mkdirat(self.tree.descriptor, name, 0o700) != 0, errno != EEXIST {
                throw FileFailure("make the folder", "\(tree)/\(name)")
            }
            folder = try self.tree.folder(name)
        } catch {
            throw Issuer.Failure("issue-failed", "A certificate can't be asked for: \(error).")
        }
    }

    /// The chain that certbot left for `key`; nil where there is none, or it is another key's.
    func chain(for key: [UInt8]) -> KeyedChain? {
        guard let bytes = try? folder.read(Self.result) else { return nil }
        return try? KeyedChain(key: key, chain: bytes)
    }

    /// Writes the request and takes away what an earlier one left: certbot doesn't write over files.
    func write(csr: [UInt8]) throws(Issuer.Failure) {
        do throws(FileFailure) {
            for name in try folder.names() { try folder.remove(name) }
            try folder.replace(Self.request, csr)
        } catch {
            throw Issuer.Failure("issue-failed", "The request for a certificate can't be written: \(error).")
        }
    }

    /// Takes it away.
    func remove() {
        for name in (try? folder.names()) ?? [] { _ = try? folder.remove(name) }
        unlinkat(tree.descriptor, name, AT_REMOVEDIR)
    }
}
