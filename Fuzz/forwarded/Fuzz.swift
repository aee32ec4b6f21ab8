import Glibc

/// Walks any headers of any proxies as a plain reader of the rules does: from the right, to the first address that no
/// trusted proxy owns, never past what is malformed. Input: a byte that chooses the peer, then lines that begin with F
/// (Forwarded) or X (X-Forwarded-For).
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 1 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let peer = peers[Int(input[0]) % peers.count]
    var standard: [String] = []
    var customary: [String] = []
    for line in input[1...].split(separator: 10) {
        let text = String(decoding: line.dropFirst(), as: UTF8.self)
        if line.first == UInt8(ascii: "F") { standard.append(text) } else { customary.append(text) }
    }
    let found = ClientAddress.resolve(peer: peer, forwarded: standard, xForwardedFor: customary, trusted: trusted)
    let expected = plain(peer, standard, customary)
    guard found == expected else { fatalError("\(found) and not \(expected)") }
    if !trusted.contains(peer), found != peer { fatalError("a stranger was believed") }
    guard IPAddress(found.description) == found else { fatalError("\(found) reads differently") }
    return 0
}

private func block(_ text: String) -> AddressBlock { try! AddressBlock(parsing: text) }
private let trusted = AddressList([block("10.0.0.0/8"), block("fd00::/16")])
private let peers = ["10.0.0.1", "fd00::1", "203.0.113.5", "::ffff:10.0.0.1"].map { IPAddress($0)! }

private func isTrusted(_ address: IPAddress) -> Bool {
    if let v4 = address.v4 { return v4 >> 24 == 10 }
    return address.bits >> 112 == 0xfd00
}

private func plain(_ peer: IPAddress, _ standard: [String], _ customary: [String]) -> IPAddress {
    guard isTrusted(peer) else { return peer }
    let first = walk(peer, standard.flatMap(elements))
    let second = walk(
        peer,
        customary.flatMap { $0.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) }.map {
            node(trimmed(Array($0)))
        })
    if standard.isEmpty { return second }
    return customary.isEmpty || first == second ? first : peer
}

private func walk(_ peer: IPAddress, _ entries: [IPAddress?]) -> IPAddress {
    var known = [peer]
    for entry in entries.reversed() {
        guard isTrusted(known[known.count - 1]), let entry else { break }
        known.append(entry)
    }
    return known[known.count - 1]
}

// MARK: Addresses, by the C library

private func address(_ text: [UInt8]) -> IPAddress? {
    guard !text.contains(0), text.count <= 45 else { return nil }
    let string = String(decoding: text, as: UTF8.self)
    var v4 = in_addr()
    if inet_pton(AF_INET, string, &v4) == 1 { return IPAddress(v4: UInt32(bigEndian: v4.s_addr)) }
    var v6 = in6_addr()
    guard inet_pton(AF_INET6, string, &v6) == 1 else { return nil }
    return IPAddress(bits: withUnsafeBytes(of: &v6) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } })
}

private func trimmed(_ text: [UInt8]) -> [UInt8] {
    Array(text.drop { $0 == 32 || $0 == 9 }.reversed().drop { $0 == 32 || $0 == 9 }.reversed())
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`
private func node(_ text: [UInt8]) -> IPAddress? {
    if let plain = address(text) { return plain }
    let digits = text.reversed().prefix { (0x30...0x39).contains($0) }.count
    let host = text.dropLast(digits + 1)
    let hasPort = (1...5).contains(digits) && text.count > digits && text[text.count - digits - 1] == 0x3a
    for name in [text[...], hasPort ? host : []] where name.first == 0x5b && name.last == 0x5d {
        let inside = Array(name.dropFirst().dropLast())
        return inside.contains(0x3a) && !inside.contains(0x5d) ? address(inside) : nil
    }
    return hasPort && host.contains(0x2e) && !host.contains(0x3a) ? address(Array(host)) : nil
}

// MARK: Forwarded, by its grammar (RFC 7239, section 4)

private func elements(_ line: String) -> [IPAddress?] {
    var pieces: [[UInt8]] = [[]]
    var isQuoted = false
    var isEscaped = false
    for byte in line.utf8 {
        if byte == 0x2c, !isQuoted {
            pieces.append([])
            continue
        }
        pieces[pieces.count - 1].append(byte)
        if isEscaped {
            isEscaped = false
        } else if byte == 0x5c, isQuoted {
            isEscaped = true
        } else if byte == 0x22 {
            isQuoted.toggle()
        }
    }
    return isQuoted ? [nil] : pieces.map(element)
}

private func element(_ bytes: [UInt8]) -> IPAddress? {
    var rest = bytes[...]
    var nodes: [[UInt8]] = []
    while true {
        blanks(&rest)
        let name = token(&rest)
        guard !name.isEmpty, rest.popFirst() == 0x3d else { return nil }
        let value: [UInt8]
        if rest.first == 0x22 {
            guard let text = quoted(&rest) else { return nil }
            value = text
        } else {
            value = token(&rest)
            if value.isEmpty { return nil }
        }
        if String(decoding: name, as: UTF8.self).lowercased() == "for" { nodes.append(value) }
        blanks(&rest)
        guard let next = rest.popFirst() else { break }
        guard next == 0x3b else { return nil }
    }
    guard nodes.count == 1 else { return nil }
    // IPv6 only within brackets.
    return nodes[0].first == 0x5b || nodes[0].count(where: { $0 == 0x3a }) <= 1 ? node(nodes[0]) : nil
}

private func blanks(_ rest: inout ArraySlice<UInt8>) { rest = rest.drop { $0 == 32 || $0 == 9 } }

private func token(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
    let found = rest.prefix { byte in
        byte < 0x80 && byte > 0x20 && byte != 0x7f && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
    }
    rest = rest.dropFirst(found.count)
    return Array(found)
}

private func quoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
    var text: [UInt8] = []
    rest = rest.dropFirst()
    while let byte = rest.popFirst() {
        if byte == 0x22 { return text }
        if byte == 0x5c {
            guard let next = rest.popFirst() else { return nil }
            text.append(next)
        } else {
            text.append(byte)
        }
    }
    return nil
}
