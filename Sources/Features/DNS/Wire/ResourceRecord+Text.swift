import Glibc

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ResourceRecord: CustomStringConvertible {
    /// A line as zone files have it: `mail.example. 3600 IN A 192.0.2.1`.
    package var description: String {
        let data = data.text(type)
        return "\(name) \(ttl) \(Self.text(recordClass)) \(type)" + (data.isEmpty ? "" : " " + data)
    }

    private static func text(_ recordClass: UInt16) -> String {
        switch recordClass {
        case 1: "IN"
        case 3: "CH"
        case 4: "HS"
        case 254: "NONE"
        case 255: "ANY"
        default: "CLASS\(recordClass)"
        }
    }
}

extension RecordData {
    /// As zone files have it; what has no text of its own here as RFC 3597 writes it (`\# 3 0102ff`), nothing at all as "".
    package func text(_ type: RecordType) -> String {
        switch self {
        case .a(let bytes), .aaaa(let bytes): AddressText.text(bytes) ?? Self.unknown(bytes)
        case .ns(let name), .cname(let name), .dname(let name): name.description
        case .mx(let preference, let name): "\(preference) \(name)"
        case .soa(let start):
            "\(start.primary) \(start.mailbox) \(start.serial) \(start.refresh) \(start.retry) \(start.expire) "
                + "\(start.minimum)"
        case .tlsa(let tlsa): tlsa.description
        case .rrsig(let signature): signature.text
        case .ds(let tag, let algorithm, let digestType, let digest):
            "\(tag) \(algorithm) \(digestType) \(hex(digest).uppercased())"
        case .other(let bytes): Self.text(bytes, type)
        }
    }

    /// An address in digits, of A and AAAA data.
    package var address: String? {
        switch self {
        case .a(let bytes), .aaaa(let bytes): AddressText.text(bytes)
        default: nil
        }
    }

    /// The A or AAAA data of an address in digits; nil if it is none.
    package init?(address: String) {
        guard let bytes = AddressText.bytes(address) else { return nil }
        self = bytes.count == 4 ? .a(bytes) : .aaaa(bytes)
    }

    private static func text(_ bytes: [UInt8], _ type: RecordType) -> String {
        if bytes.isEmpty { return "" }
        if type == .txt, let strings = strings(bytes) { return strings }
        if type == .ptr {
            var reader = WireReader(bytes)
            if let name = try? reader.name(compressed: false), reader.left == 0 { return name.description }
        }
        return unknown(bytes)
    }

    /// RFC 3597, section 5.
    private static func unknown(_ bytes: [UInt8]) -> String { "\\# \(bytes.count) \(hex(bytes))" }

    /// The character strings of a TXT record in quotes (RFC 1035, section 5.1).
    private static func strings(_ bytes: [UInt8]) -> String? {
        var (reader, texts) = (WireReader(bytes), [String]())
        while reader.left > 0 {
            guard let count = try? reader.uint8(), let string = try? reader.take(Int(count)) else { return nil }
            let escaped = string.map { byte in
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
                case 0x20...0x7e: String(UnicodeScalar(byte))
                default: "\\" + String("00\(byte)".suffix(3))
                }
            }
            texts.append("\"" + escaped.joined() + "\"")
        }
        return texts.joined(separator: " ")
    }
}

extension Signature {
    /// RFC 4034, section 3.2.
    fileprivate var text: String {
        "\(covers) \(algorithm) \(labels) \(originalTTL) \(Self.time(expiration)) \(Self.time(inception)) \(keyTag) "
            + "\(signer) \(Data(signature).base64EncodedString())"
    }

    /// `YYYYMMDDHHmmSS` in UTC.
    private static func time(_ seconds: UInt32) -> String {
        var (moment, parts) = (time_t(seconds), tm())
        guard gmtime_r(&moment, &parts) != nil else { return "\(seconds)" }
        let fields = [parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec]
        return "\(parts.tm_year + 1900)" + fields.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined()
    }
}

private func hex(_ bytes: [UInt8]) -> String { TLSA(selector: 0, matching: 0, bytes: bytes).hex }
