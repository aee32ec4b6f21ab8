import Glibc

/// What a file outside the trees holds.
enum CertificateFile {
    /// The kinds that are told apart.
    struct Content: Hashable {
        /// The certificates.
        var certificates: [CertificateFacts] = []
        /// The private key's public part.
        var key: Fingerprint?
        /// What can't be read without a passphrase; nil if nothing.
        var locked: Locked?
    }

    /// What stands behind a passphrase.
    enum Locked: String, Hashable {
        /// A key alone: whoever put a passphrase on a copy has the certificate beside it, and that is found.
        case key = "a private key behind a passphrase"
        /// A key with its certificate: nothing beside it tells whose it is.
        case store = "a PKCS#12 store"
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let keystoreMark: [UInt8] = [0xfe, 0xed, 0xfe, 0xed]

    /// Whether the first bytes look like PEM, DER or a keystore.
    static func isWorthReading(_ head: ArraySlice<UInt8>) -> Bool {
        head.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, bytes.count > 4 else { return false }
            if bytes[0] == 0x30, bytes[1] & 0xf0 == 0x80 { return true }
            if bytes[0] == 0xfe, bytes[1] == 0xed { return true }
            return holdsPEM(base, bytes.count)
        }
    }

    private static func holdsPEM(_ base: UnsafeRawPointer, _ count: Int) -> Bool {
        var at = 0
        while at + begin.count <= count {
            guard let dash = memchr(base + at, Int32(UInt8(ascii: "-")), count - begin.count + 1 - at) else {
                return false
            }
            if memcmp(dash, begin, begin.count) == 0 { return true }
            at = UnsafeRawPointer(dash) - base + 1
        }
        return false
    }

    /// Reads a whole file.
    static func read(_ bytes: [UInt8]) -> Content {
        if bytes.starts(with: keystoreMark) { return Content(certificates: keystore(bytes)) }
        if bytes.first == DER.Tag.sequence { return readDER(bytes) }
        var content = Content()
        content.certificates = CertificateReader.readAll(bytes).compactMap { $0?.facts }
        switch PrivateKeyReader.read(bytes) {
        case .key(let spki): content.key = spki
        case .encrypted: content.locked = .key
        case .unknown, .none: break
        }
        return content
    }

    private static func readDER(_ bytes: [UInt8]) -> Content {
        if let facts = CertificateReader.read(der: bytes)?.facts { return Content(certificates: [facts]) }
        if isPKCS12(bytes) { return Content(locked: .store) }
        if case .key(let spki) = PrivateKeyReader.read(bytes) { return Content(key: spki) }
        return Content()
    }

    /// PFX (RFC 7292, section 4): version 3, then a sequence. It may be BER with indefinite lengths.
    private static func isPKCS12(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 2 else { return false }
        let header = bytes[1] < 0x80 ? 2 : 2 + Int(bytes[1] & 0x7f)
        return bytes.dropFirst(header).starts(with: [0x02, 0x01, 0x03, 0x30])
    }

    /// The certificates in a Java keystore (JKS): each stands behind the word `X.509` and its length of four bytes; only
    /// keys are enciphered.
    private static func keystore(_ bytes: [UInt8]) -> [CertificateFacts] {
        let mark = Array("X.509".utf8)
        var found: [CertificateFacts] = []
        var at = 0
        while found.count < 1_000, at + mark.count + 4 < bytes.count {
            guard let next = bytes[at...].firstIndex(of: mark[0]) else { break }
            at = next + 1
            guard bytes[next...].starts(with: mark), next + 9 < bytes.count else { continue }
            let length = bytes[(next + 5)..<(next + 9)].reduce(0) { $0 << 8 | Int($1) }
            guard length > 0, next + 9 + length <= bytes.count else { continue }
            if let facts = CertificateReader.read(der: Array(bytes[(next + 9)..<(next + 9 + length)]))?.facts {
                found.append(facts)
                at = next + 9 + length
            }
        }
        return found
    }
}
