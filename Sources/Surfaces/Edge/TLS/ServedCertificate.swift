import Glibc
internal import NIOSSL

/// A certificate that the listener presents, with its key, as read from its files.
package struct ServedCertificate: Sendable {
    /// Its files.
    package let files: CertificateFiles
    /// The host names that it is for.
    package let names: [String]
    /// The last second of its validity, of 1970.
    package let expires: Int
    /// The first second of its validity.
    package let begins: Int
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey

    /// Reads both files.
    /// - Throws: what is wrong, with the file and the way out.
    init(_ files: CertificateFiles) throws(TLSFailure) {
        self.files = files
        chain = try TLSFile.certificates(files.chainFile)
        key = try TLSFile.key(files.keyFile)
        let leaf = chain[0]
        names = Self.names(of: leaf)
        expires = leaf.notValidAfter
        begins = leaf.notValidBefore
        do {
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
        } catch {
            throw TLSFailure(
                "\(files.keyFile) is not the key of the certificate in \(files.chainFile); "
                    + "name the two that were made together, the server's own certificate first")
        }
    }

    private static func names(of leaf: NIOSSLCertificate) -> [String] {
        leaf._subjectAlternativeNames().compactMap { name in
            switch name.nameType {
            case .dnsName: String(decoding: name.contents.withUnsafeBufferPointer { Array($0) }, as: UTF8.self)
            default: nil
            }
        }
    }
}

/// Why TLS can't be served as the settings say; a sentence without its full stop.
struct TLSFailure: Error, Equatable {
    var message: String

    init(_ message: String) { self.message = message }
}

/// Reads the files of certificates and keys.
enum TLSFile {
    /// The certificates of a PEM file.
    static func certificates(_ path: String) throws(TLSFailure) -> [NIOSSLCertificate] {
        let bytes = try read(path)
        let found: [NIOSSLCertificate]
        do { found = try NIOSSLCertificate.fromPEMBytes(bytes) } catch {
            throw TLSFailure("\(path) holds no certificate; it must be PEM, -----BEGIN CERTIFICATE-----")
        }
        guard !found.isEmpty else { throw TLSFailure("\(path) holds no certificate") }
        return found
    }

    /// The private key of a PEM file.
    static func key(_ path: String) throws(TLSFailure) -> NIOSSLPrivateKey {
        let bytes = try read(path)
        if String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED") {
            throw TLSFailure(
                "the key in \(path) is behind a passphrase; "
                    + "take it off with: openssl pkey -in \(path) -out NEW, and keep NEW readable by the server alone")
        }
        do { return try NIOSSLPrivateKey(bytes: bytes, format: .pem) } catch {
            throw TLSFailure("\(path) holds no private key; it must be PEM, -----BEGIN PRIVATE KEY-----")
        }
    }

    /// More than this is no file of certificates.
    private static let largest = 16 << 20

    /// A whole file.
    static func read(_ path: String) throws(TLSFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= largest {
            let count = Glibc.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path, errno) }
            guard count > 0 else { return bytes }
            bytes += part[..<count]
        }
        throw TLSFailure("\(path) is larger than 16 MiB")
    }

    private static func unreadable(_ path: String, _ code: Int32) -> TLSFailure {
        let advice =
            code == EACCES
            ? "; the server's user must be able to read it (docs/guides/tls.md, \"Who may read the key\")" : ""
        return TLSFailure("\(path) can't be read: \(String(cString: strerror(code)))\(advice)")
    }

    /// What changes when a file is written or its link points elsewhere.
    struct Stamp: Hashable, Sendable {
        private var device: UInt64 = 0
        private var inode: UInt64 = 0
        private var size: Int64 = 0
        private var seconds = 0
        private var nanoseconds = 0

        /// The stamp of what `path` leads to now.
        init(_ path: String) {
            var information = stat()
            guard stat(path, &information) == 0 else { return }
            device = UInt64(information.st_dev)
            inode = UInt64(information.st_ino)
            size = Int64(information.st_size)
            seconds = information.st_mtim.tv_sec
            nanoseconds = information.st_mtim.tv_nsec
        }
    }
}
