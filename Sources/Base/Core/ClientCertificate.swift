/// A client's certificate whose chain was verified and whose key the client proved to have: what names the client.
public struct ClientCertificate: Hashable, Sendable {
    /// The SHA-256 of the certificate in DER, 64 lower-case hexadecimal digits.
    public var fingerprint: String
    /// The subject as RFC 4514 writes it: `CN=reporter,O=Example`.
    public var subject: String
    /// The last common name of the subject.
    public var commonName: String?
    /// The alternative names: `dns:reporter.example`, `email:reporter@example.tw`, `uri:spiffe://example/reporter`,
    /// `ip:192.0.2.1`.
    public var names: [String]
    /// The serial number, lower-case hexadecimal digits.
    public var serial: String

    /// A certificate with these names.
    public init(fingerprint: String, subject: String, commonName: String?, names: [String], serial: String = "") {
        self.fingerprint = fingerprint
        self.subject = subject
        self.commonName = commonName
        self.names = names
        self.serial = serial
    }
}
