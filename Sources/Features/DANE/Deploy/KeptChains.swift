package import StewardCertificates

/// Keys with their chains that must outlive what certbot does meanwhile: the candidate while it waits (certbot may renew
/// again), what was deployed before (for rolling back). One file each, named after the certificate, readable by root alone.
package struct KeptChains: Sendable {
    /// Why a chain could not be kept or found.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A stable word: `not-kept`, `kept-unreadable`, `keeping-failed`.
        package var code: String
        /// What is wrong and what to do: whole sentences.
        package var text: String
        package var description: String { text }
    }

    /// The folder, mode 700.
    package let path: String

    /// Those in the folder at `path`, made when it is first needed.
    package init(path: String) { self.path = path }

    private static func name(_ certificate: Fingerprint) -> String { "\(certificate).pem" }

    /// Keeps `chain`; on disk when it returns.
    package func keep(_ chain: KeyedChain) throws(Failure) {
        let name = Self.name(chain.facts.fingerprint)
        do {
            let folder = try DurableFolder.making(path)
            if let there = try folder.read(name), (try? KeyedChain(file: there)) == chain { return }
            try folder.replace(name, chain.bytes)
        } catch {
            throw Failure(
                code: "keeping-failed", text: "A key with its certificate can't be kept for later: \(error).")
        }
    }

    /// The chain with its key of this certificate.
    package func chain(_ certificate: Fingerprint) throws(Failure) -> KeyedChain {
        let name = Self.name(certificate)
        do {
            guard let bytes = try DurableFolder(path: path).read(name) else {
                throw Failure(
                    code: "not-kept",
                    text:
                        "The key and certificate \(certificate) are not in \(path) any more. The next certificate of certbot's is taken instead."
                )
            }
            let chain = try KeyedChain(file: bytes)
            guard chain.facts.fingerprint == certificate else {
                throw Failure(
                    code: "kept-unreadable", text: "\(path)/\(name) holds another certificate than its name says.")
            }
            return chain
        } catch let failure as Failure {
            throw failure
        } catch let flaw as KeyedChain.Flaw {
            throw Failure(code: "kept-unreadable", text: "\(path)/\(name) \(flaw).")
        } catch {
            throw Failure(code: "kept-unreadable", text: "A kept certificate can't be read: \(error).")
        }
    }

    /// Whether the chain of this certificate is there and whole.
    package func holds(_ certificate: Fingerprint) -> Bool { (try? chain(certificate)) != nil }

    /// The certificates that are kept, in no order that means anything.
    package func certificates() -> [Fingerprint] {
        guard let folder = try? DurableFolder(path: path), let names = try? folder.names() else { return [] }
        return names.filter { $0.hasSuffix(".pem") }.compactMap { Fingerprint(hex: String($0.dropLast(4))) }
    }

    /// Removes all but these.
    package func forget(except kept: Set<Fingerprint>) {
        guard let folder = try? DurableFolder(path: path), let names = try? folder.names() else { return }
        for name in names where name.hasSuffix(".pem") {
            guard let certificate = Fingerprint(hex: String(name.dropLast(4))), !kept.contains(certificate) else {
                continue
            }
            _ = try? folder.remove(name)
        }
    }
}
