package import StewardCertificates

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Keys that wait, published ahead, for their certificates: one file each, named after the public key, readable by root
/// alone. A key is never overwritten.
package struct StagedKeys: Hashable, Sendable {
    /// Why no key could be made or found.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A stable word: `staging-failed`, `staged-missing`.
        package var code: String
        /// What is wrong and what to do: whole sentences.
        package var text: String
        package var description: String { text }
    }

    /// The kind of key to make.
    package enum Kind: Hashable, Sendable {
        case p256
        case p384
        /// 2048 to 4096 bits.
        case rsa(bits: Int)

        /// Like the key that is in use now.
        package init(like facts: KeyFacts?) {
            switch (facts?.algorithm, facts?.bits) {
            case (.rsa, let bits?): self = .rsa(bits: min(max(bits, 2048), 4096))
            case (.ecdsa, 384): self = .p384
            default: self = .p256
            }
        }
    }

    /// The folder, mode 700.
    package let path: String

    /// The keys in the folder at `path`, made when it is first needed.
    package init(path: String) { self.path = path }

    /// Makes a key and keeps it; on disk when it returns.
    package func make(_ kind: Kind, forms: [RecordForm], now: Date) throws(Failure) -> StagedKey {
        do {
            let text = Array(try Self.pem(kind).utf8)
            let key = try Self.staged(text, forms: forms, made: now)
            try DurableFolder.making(path).create("\(key.spki).pem", text)
            return key
        } catch {
            throw Failure(code: "staging-failed", text: "The next key can't be made and kept: \(error).")
        }
    }

    /// Those that are there, the oldest first.
    package func keys(forms: [RecordForm]) -> [StagedKey] {
        guard let folder = try? DurableFolder(path: path), let names = try? folder.names() else { return [] }
        return names.filter { $0.hasSuffix(".pem") }.compactMap { name -> StagedKey? in
            guard let facts = try? folder.facts(name), let text = try? folder.read(name) else { return nil }
            let made = Date(timeIntervalSince1970: Double(facts.modified) / 1e9)
            let key = try? Self.staged(text, forms: forms, made: made)
            return key.flatMap { "\($0.spki).pem" == name ? $0 : nil }
        }.sorted { $0.made < $1.made }
    }

    /// The private key in PEM.
    package func text(of spki: Fingerprint) throws(Failure) -> [UInt8] {
        do {
            if let text = try DurableFolder(path: path).read("\(spki).pem"),
                PrivateKeyReader.read(text) == .key(spki: spki)
            {
                return text
            }
        } catch {
            throw Failure(code: "staged-missing", text: "The staged key can't be read: \(error).")
        }
        throw Failure(
            code: "staged-missing",
            text:
                "The staged key \(path)/\(spki).pem is gone or damaged. Restore it from a backup, or let a new one be staged: it needs its settling again."
        )
    }

    /// Removes the keys that got their certificates or won't be used: all but these.
    package func forget(except kept: Set<Fingerprint>) {
        guard let folder = try? DurableFolder(path: path), let names = try? folder.names() else { return }
        for name in names where name.hasSuffix(".pem") {
            guard let spki = Fingerprint(hex: String(name.dropLast(4))), !kept.contains(spki) else { continue }
            _ = try? folder.remove(name)
        }
    }

    private static func staged(_ text: [UInt8], forms: [RecordForm], made: Date) throws -> StagedKey {
        guard case .key(let spki) = PrivateKeyReader.read(text) else {
            throw Failure(code: "staging-failed", text: "The key is of a kind that can't be read.")
        }
        let source = try RecordSource(text)
        return StagedKey(spki: spki, records: try forms.map { try source.record($0).record }, made: made)
    }
}
