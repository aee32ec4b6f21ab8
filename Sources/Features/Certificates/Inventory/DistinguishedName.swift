/// An X.501 name (RFC 5280, section 4.1.2.4).
struct DistinguishedName {
    /// The attributes in order: short name or dotted number, value.
    let attributes: [(name: String, value: String)]

    /// From the content of the name's SEQUENCE.
    init(_ content: ArraySlice<UInt8>) {
        var attributes: [(String, String)] = []
        var sets = DER(content)
        while let set = sets.next(DER.Tag.set) {
            var parts = set.elements
            while var pair = parts.next(DER.Tag.sequence)?.elements {
                guard let type = pair.next(DER.Tag.object), let value = pair.next() else { continue }
                attributes.append((Self.name(type.content), Self.string(value)))
            }
        }
        self.attributes = attributes
    }

    /// The last common name, which is the most specific.
    var commonName: String? { attributes.last { $0.name == "CN" && !$0.value.isEmpty }?.value }

    /// The common name, or everything: `C=US, O=Example`; `(no name)` where there is nothing.
    var text: String {
        if let commonName { return commonName }
        let all = attributes.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
        return all.isEmpty ? "(no name)" : all
    }

    private static func name(_ object: ArraySlice<UInt8>) -> String {
        if object.count == 3, object.starts(with: [0x55, 0x04]), let last = object.last,
            let name = ObjectID.attributes[last]
        {
            return name
        }
        return dotted(object)
    }

    private static func dotted(_ object: ArraySlice<UInt8>) -> String {
        var numbers: [UInt64] = []
        var value: UInt64 = 0
        for byte in object {
            value = value << 7 | UInt64(byte & 0x7F)
            if byte & 0x80 == 0 {
                numbers.append(value)
                value = 0
            }
        }
        guard let first = numbers.first else { return "?" }
        let top = min(first / 40, 2)
        return ([top, first - top * 40] + numbers.dropFirst()).map(String.init).joined(separator: ".")
    }

    private static func string(_ value: DER.Element) -> String {
        // BMPString holds UTF-16, UniversalString UTF-32, big-endian; TeletexString is in practice Latin-1 or UTF-8.
        switch value.tag {
        case 0x1E: return FileName.shown(Array(utf16(value.content).utf8))
        default: return FileName.shown(value.content)
        }
    }

    private static func utf16(_ content: ArraySlice<UInt8>) -> String {
        let bytes = Array(content)
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        return String(decoding: units, as: UTF16.self)
    }
}
