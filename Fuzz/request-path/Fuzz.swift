/// Decides any bytes as a request target: as a slow reader does who goes by the rules one by one, and what is taken leads
/// nowhere but down, however often somebody behind decodes it again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let plain = PlainTarget(Array(bytes))
    guard let found = try? CanonicalPath(bytes: bytes) else {
        if let plain { fatalError("refused, though it is \(plain.path)") }
        return 0
    }
    guard let plain else { fatalError("taken as \(found.path), though a rule is broken") }
    guard plain.path == found.path, plain.query == found.query, plain.authority == found.authority else {
        fatalError("\(found) and not \(plain)")
    }
    promises(found.path)
    guard let again = try? CanonicalPath(escaped(found.path)), again.path == found.path else {
        fatalError("\(found.path) is another path when it is written with escapes")
    }
    return 0
}

private func promises(_ path: String) {
    let bytes = Array(path.utf8)
    guard bytes.first == 0x2f, !bytes.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == 0x5c }) else {
        fatalError("\(path) holds what it must not")
    }
    var all = bytes
    while true {
        for segment in all.split(separator: 0x2f, omittingEmptySubsequences: true)
        where [[0x2e], [0x2e, 0x2e]].contains(Array(segment)) {
            fatalError("\(path) climbs")
        }
        if all.contains(0) || all.contains(0x5c) { fatalError("\(path) hides a NUL or a backslash") }
        let next = decodedOnce(all)
        if next == all { return }
        all = next
    }
}

private func decodedOnce(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let first = rest.first {
        if first == 0x25, rest.count >= 3,
            let high = Character(Unicode.Scalar(rest[rest.startIndex + 1])).hexDigitValue,
            let low = Character(Unicode.Scalar(rest[rest.startIndex + 2])).hexDigitValue
        {
            result.append(UInt8(high * 16 + low))
            rest = rest.dropFirst(3)
        } else {
            result.append(first)
            rest = rest.dropFirst()
        }
    }
    return result
}

private func escaped(_ path: String) -> String {
    path.utf8.map { byte in
        byte == 0x2f ? "/" : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
}

/// The rules of `CanonicalPath` one after the other, without regard to time.
private struct PlainTarget {
    var path = "/"
    var query: String?
    var authority: String?

    init?(_ target: [UInt8]) {
        guard !target.contains(where: { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "#") }) else { return nil }
        var rest = target[...]
        for scheme in ["http://", "https://"]
        where String(decoding: rest.prefix(scheme.utf8.count), as: UTF8.self).lowercased() == scheme {
            rest = rest.dropFirst(scheme.utf8.count)
            let host = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            guard !host.isEmpty, host.allSatisfy(Self.isHost) else { return nil }
            authority = String(decoding: host, as: UTF8.self)
            rest = rest.dropFirst(host.count)
            if rest.first != UInt8(ascii: "/") { rest = [UInt8(ascii: "/")] + rest }
            break
        }
        guard rest.first == UInt8(ascii: "/") else { return nil }
        let raw = rest.prefix { $0 != UInt8(ascii: "?") }
        if raw.count < rest.count {
            guard let text = String(validating: rest.dropFirst(raw.count + 1), as: UTF8.self) else { return nil }
            query = text
        }
        guard let path = Self.path(Array(raw)) else { return nil }
        self.path = path
    }

    private static func isHost(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: Array("-._~:[]".utf8).contains(byte)
        }
    }

    private static func path(_ raw: [UInt8]) -> String? {
        var decoded: [[UInt8]] = []
        let segments = raw.dropFirst().split(separator: 0x2f, omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            if segment.isEmpty, index < segments.count - 1 { return nil }
            guard let plain = self.segment(Array(segment)) else { return nil }
            decoded.append(plain)
        }
        let bytes = [0x2f] + decoded.joined(separator: [0x2f])
        guard let text = String(validating: bytes, as: UTF8.self),
            !text.unicodeScalars.contains(where: { (0x80...0x9f).contains($0.value) })
        else { return nil }
        var all = bytes
        while true {
            let next = decodedOnce(all)
            if next == all { return text }
            for byte in [0, 0x2e, 0x2f, 0x5c] as [UInt8]
            where next.count(where: { $0 == byte }) > all.count(where: { $0 == byte }) {
                return nil
            }
            all = next
        }
    }

    private static func segment(_ raw: [UInt8]) -> [UInt8]? {
        guard !raw.contains(0x5c) else { return nil }
        for (index, byte) in raw.enumerated() where byte == 0x25 {
            guard index + 2 < raw.count, isHex(raw[index + 1]), isHex(raw[index + 2]) else { return nil }
        }
        let plain = decodedOnce(raw)
        if plain.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == 0x5c || $0 == 0x2f }) { return nil }
        return [[0x2e], [0x2e, 0x2e]].contains(plain) ? nil : plain
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        Character(Unicode.Scalar(byte)).isASCII && Character(Unicode.Scalar(byte)).isHexDigit
    }
}
