/// A place in DER (ITU-T X.690) from which one element after the other is taken. It checks lengths and nothing else, so
/// that certificates which stricter readers refuse are still listed.
struct DER {
    /// One element.
    struct Element: Hashable {
        let tag: UInt8
        /// The content.
        let content: ArraySlice<UInt8>
        /// The content with its tag and length.
        let whole: ArraySlice<UInt8>

        /// What it holds, for constructed elements.
        var elements: DER { DER(content) }
    }

    /// Tags with their class and form (X.690, section 8.1.2).
    enum Tag {
        static let integer: UInt8 = 0x02
        static let bitString: UInt8 = 0x03
        static let octetString: UInt8 = 0x04
        static let object: UInt8 = 0x06
        static let utcTime: UInt8 = 0x17
        static let generalizedTime: UInt8 = 0x18
        static let sequence: UInt8 = 0x30
        static let set: UInt8 = 0x31
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isEmpty: Bool { rest.isEmpty }

    /// The next element; nil at the end and where the lengths are wrong.
    mutating func next() -> Element? {
        let start = rest.startIndex
        guard rest.count >= 2 else { return nil }
        let tag = rest[start]
        // Tags of several bytes occur nowhere in certificates or keys.
        guard tag & 0x1F != 0x1F else { return nil }
        var length = Int(rest[start + 1])
        var header = 2
        if length >= 0x80 {
            let count = length & 0x7F
            guard count >= 1, count <= 4, rest.count >= 2 + count else { return nil }
            length = rest[(start + 2)..<(start + 2 + count)].reduce(0) { $0 << 8 | Int($1) }
            header += count
        }
        guard rest.count - header >= length else { return nil }
        let end = start + header + length
        let element = Element(tag: tag, content: rest[(start + header)..<end], whole: rest[start..<end])
        rest = rest[end...]
        return element
    }

    /// The next element if its tag is `tag`; otherwise nil, and nothing is taken.
    mutating func next(_ tag: UInt8) -> Element? {
        guard rest.first == tag else { return nil }
        return next()
    }

    // MARK: - Writing

    /// An element of `tag` around `content`.
    static func element(_ tag: UInt8, _ content: some Collection<UInt8>) -> [UInt8] {
        let count = content.count
        var bytes = [tag]
        if count < 0x80 {
            bytes.append(UInt8(count))
        } else {
            let length = (0..<4).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }.drop { $0 == 0 }
            bytes.append(0x80 | UInt8(length.count))
            bytes += length
        }
        return bytes + content
    }
}

/// Object identifiers as DER content.
enum ObjectID {
    static let commonName: [UInt8] = [0x55, 0x04, 0x03]
    static let subjectAlternativeName: [UInt8] = [0x55, 0x1D, 0x11]
    static let rsa: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
    static let rsaPSS: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A]
    static let ellipticCurve: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    static let p256: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
    static let p384: [UInt8] = [0x2B, 0x81, 0x04, 0x00, 0x22]
    static let p521: [UInt8] = [0x2B, 0x81, 0x04, 0x00, 0x23]
    static let secp256k1: [UInt8] = [0x2B, 0x81, 0x04, 0x00, 0x0A]
    static let ed25519: [UInt8] = [0x2B, 0x65, 0x70]

    /// The short names of distinguished names' attributes (RFC 4514, section 3), by the last byte after 2.5.4.
    static let attributes: [UInt8: String] = [
        3: "CN", 5: "serialNumber", 6: "C", 7: "L", 8: "ST", 9: "street", 10: "O", 11: "OU",
    ]
}
