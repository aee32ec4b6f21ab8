import Glibc

/// Addresses in digits.
package enum AddressText {
    /// Of 4 or 16 bytes (inet_ntop(3)); nil for others.
    package static func text(_ bytes: [UInt8]) -> String? {
        let family: Int32
        switch bytes.count {
        case 4: family = AF_INET
        case 16: family = AF_INET6
        default: return nil
        }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The 4 or 16 bytes of an address in digits (inet_pton(3)); nil where it is none.
    package static func bytes(_ text: String) -> [UInt8]? {
        guard !text.utf8.contains(0) else { return nil }
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// An address in digits as it is written everywhere here, the shortest way (RFC 5952): two texts of one address become
    /// the same. A link-local one may name its interface: `fe80::1%eth0`. Nil where it is none.
    package static func canonical(_ text: String) -> String? {
        guard let percent = text.firstIndex(of: "%") else { return bytes(text).flatMap(Self.text) }
        let interface = text[text.index(after: percent)...]
        guard let bytes = bytes(String(text[..<percent])), isLinkLocal(bytes),
            (1..<Int(IF_NAMESIZE)).contains(interface.utf8.count),
            interface.utf8.allSatisfy({ (33...126).contains($0) && !"/%]".utf8.contains($0) })
        else { return nil }
        return Self.text(bytes).map { "\($0)%\(interface)" }
    }

    /// fe80::/10.
    private static func isLinkLocal(_ bytes: [UInt8]) -> Bool {
        bytes.count == 16 && bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80
    }
}
