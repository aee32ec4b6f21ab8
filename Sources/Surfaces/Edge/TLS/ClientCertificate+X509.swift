internal import Crypto
internal import NIOSSL
internal import StewardCore
internal import SwiftASN1
internal import X509

extension ClientCertificate {
    /// What `certificate` says of its holder; nil if it can't be read, which a verified one can.
    init?(_ certificate: NIOSSLCertificate) {
        guard let bytes = try? certificate.toDERBytes(), let parsed = try? Certificate(derEncoded: bytes) else {
            return nil
        }
        let names = (try? parsed.extensions.subjectAlternativeNames).map { $0.compactMap(Self.text) }
        self.init(
            fingerprint: Self.hex(SHA256.hash(data: bytes)), subject: parsed.subject.description,
            commonName: Self.commonName(parsed.subject), names: names ?? [],
            serial: Self.hex(parsed.serialNumber.bytes))
    }

    private static func commonName(_ subject: DistinguishedName) -> String? {
        subject.flatMap { Array($0) }.last { $0.type == .RDNAttributeType.commonName }
            .flatMap { String($0.value) }
    }

    private static func text(_ name: GeneralName) -> String? {
        switch name {
        case .dnsName(let name): "dns:\(name.lowercased())"
        case .rfc822Name(let address): "email:\(address)"
        case .uniformResourceIdentifier(let identifier): "uri:\(identifier)"
        case .ipAddress(let address):
            address.bytes.count == 4 ? "ip:" + address.bytes.map(String.init).joined(separator: ".") : nil
        default: nil
        }
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
