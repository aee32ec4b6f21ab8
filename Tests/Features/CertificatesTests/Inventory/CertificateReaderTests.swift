import Crypto
import Foundation
import SwiftASN1
import Testing
import X509

@testable import StewardCertificates

@Suite struct CertificateReaderTests {
    @Test func saysWhatSwiftCertificatesSays() throws {
        let from = Date(timeIntervalSince1970: 1_700_000_000), to = Date(timeIntervalSince1970: 2_600_000_000)
        let issued = InventoryAuthority.shared.issue(["A.example", "*.b.example"], from: from, to: to)
        let facts = try #require(CertificateReader.read(Array(issued.cert.utf8)))
        var serializer = SwiftASN1.DER.Serializer()
        try serializer.serialize(issued.certificate)
        let der = serializer.serializedBytes
        #expect(facts.names == ["a.example", "*.b.example"] && facts.issuer == "Test E1")
        #expect(facts.notBefore == from && facts.notAfter == to)
        #expect(facts.key == KeyFacts(.ecdsa, bits: 256))
        #expect(facts.fingerprint.bytes == Array(SHA256.hash(data: der)))
        var keySerializer = SwiftASN1.DER.Serializer()
        try keySerializer.serialize(issued.certificate.publicKey)
        #expect(facts.spki.bytes == Array(SHA256.hash(data: keySerializer.serializedBytes)))
        let serial = issued.certificate.serialNumber.bytes.map { String(format: "%02x", $0) }.joined()
        #expect(facts.serial == serial)
        #expect(CertificateReader.read(der) == facts)
    }

    @Test func aChainIsReadInOrder() {
        let issued = InventoryAuthority.shared.issue(["a.example"])
        let all = CertificateReader.readAll(Array(issued.fullchain.utf8))
        #expect(all.count == 2 && all[0]?.issuer == all[1]?.subject)
    }

    @Test func theKeyOfACertificateIsRecognised() throws {
        let issued = InventoryAuthority.shared.issue(["a.example"])
        let facts = try #require(CertificateReader.read(Array(issued.cert.utf8)))
        #expect(PrivateKeyReader.read(Array(issued.privkey.utf8)) == .key(spki: facts.spki))
        let other = P256.Signing.PrivateKey().pemRepresentation
        #expect(PrivateKeyReader.read(Array(other.utf8)) != .key(spki: facts.spki))
    }

    @Test(arguments: OpenSSLKey.all) func keysAsOpenSSLWritesThemAreRecognised(_ key: OpenSSLKey) throws {
        guard let made = try key.make() else { return }
        let facts = try #require(CertificateReader.read(made.certificate))
        #expect(facts.key == key.facts)
        #expect(PrivateKeyReader.read(made.key) == .key(spki: facts.spki))
        if let traditional = made.traditional { #expect(PrivateKeyReader.read(traditional) == .key(spki: facts.spki)) }
        if let encrypted = made.encrypted { #expect(PrivateKeyReader.read(encrypted) == .encrypted) }
    }

    @Test func oddKeysAreUnknownAndNoKeysAreNone() {
        let pem = { (label: String, body: String) in
            Array("-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n".utf8)
        }
        #expect(PrivateKeyReader.read(pem("PRIVATE KEY", "MAA=")) == .unknown)
        #expect(PrivateKeyReader.read(pem("OPENSSH PRIVATE KEY", "MAA=")) == .unknown)
        #expect(PrivateKeyReader.read(pem("PRIVATE KEY", "!!")) == .none)
        #expect(PrivateKeyReader.read(pem("CERTIFICATE", "MAA=")) == .none)
        #expect(PrivateKeyReader.read([]) == .none)
        #expect(PrivateKeyReader.read(pem("ENCRYPTED PRIVATE KEY", "MAA=")) == .encrypted)
        #expect(
            PrivateKeyReader.read(pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMAA="))
                == .encrypted)
    }

    @Test func addressesAreWrittenShort() {
        let address = { (hex: String) in
            CertificateReader.address(
                stride(from: 0, to: hex.count, by: 2).map { offset in
                    let start = hex.index(hex.startIndex, offsetBy: offset)
                    return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16) ?? 0
                })
        }
        #expect(address("c0000207") == "192.0.2.7")
        #expect(address("20010db8000000000000000000000007") == "2001:db8::7")
        #expect(address("00000000000000000000000000000001") == "::1")
        #expect(address("00000000000000000000000000000000") == "::")
        #expect(address("20010db8000000010000000000000000") == "2001:db8:0:1::")
        #expect(address("00010002000000040005000600070008") == "1:2:0:4:5:6:7:8")
        #expect(address("00") == nil)
    }

    @Test func datesAreTheCalendars() {
        #expect(
            DERTime.days(1970, 1, 1) == 0 && DERTime.days(2000, 2, 29) == 11_016 && DERTime.days(2100, 3, 1) == 47_541)
        let time = { (tag: UInt8, text: String) in
            DERTime.date(StewardCertificates.DER.Element(tag: tag, content: Array(text.utf8)[...], whole: []))
        }
        #expect(time(0x17, "491231235959Z") == Date(timeIntervalSince1970: 2_524_607_999))
        #expect(time(0x17, "500101000000Z") == Date(timeIntervalSince1970: -631_152_000))
        #expect(time(0x18, "99991231235959Z") == Date(timeIntervalSince1970: 253_402_300_799))
        #expect(time(0x18, "20251301000000Z") == nil && time(0x17, "2501") == nil && time(0x02, "250101000000Z") == nil)
    }

    @Test func nothingMakesThemTrap() {
        var generator = SeededGenerator(2)
        let issued = InventoryAuthority.shared.issue(["a.example", "*.b.example"])
        let der = PEM.blocks(Array(issued.cert.utf8)).first?.der ?? []
        let key = PEM.blocks(Array(issued.privkey.utf8)).first?.der ?? []
        #expect(!der.isEmpty && !key.isEmpty)
        for _ in 0..<4000 {
            _ = CertificateReader.readAll(generator.damaged(Array(issued.fullchain.utf8)))
            _ = CertificateReader.read(der: generator.damaged(der))
            _ = PrivateKeyReader.read(generator.damaged(key))
            _ = PrivateKeyReader.read(generator.damaged(Array(issued.privkey.utf8)))
        }
    }
}
