import StewardSettings

/// Addresses that share a prefix: `192.0.2.0/24`, `2001:db8::/32` (CIDR, RFC 4632), or one address.
package struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
    /// The first address.
    package let first: IPAddress
    /// How many of the 128 bits are fixed; IPv4 blocks have at least 96.
    package let prefixLength: Int

    /// The block of `prefixLength` fixed bits that `address` lies in.
    package init(containing address: IPAddress, prefixLength: Int) {
        self.prefixLength = prefixLength
        first = IPAddress(bits: address.bits & Self.mask(prefixLength))
    }

    private static func mask(_ length: Int) -> UInt128 {
        length == 0 ? 0 : UInt128.max << (128 - length)
    }

    /// Whether the block holds IPv4 addresses. An IPv6 block as wide as `::/0` holds IPv6 addresses alone.
    package var isV4: Bool { first.isV4 && prefixLength >= 96 }

    /// The last address.
    package var last: IPAddress { IPAddress(bits: first.bits | ~Self.mask(prefixLength)) }

    /// Whether `address` lies in the block and is of its family.
    package func contains(_ address: IPAddress) -> Bool {
        address.isV4 == isV4 && address.bits & Self.mask(prefixLength) == first.bits
    }

    /// The block as a settings file writes it; a single address without its length.
    package var description: String {
        guard prefixLength < 128 else { return first.description }
        return "\(first)/\(isV4 ? prefixLength - 96 : prefixLength)"
    }

    /// Reads `ADDRESS` or `ADDRESS/LENGTH`. Bits set behind the prefix are refused with the block that was
    /// likely meant: `10.0.0.5/8` may mean `10.0.0.0/8` or `10.0.0.5`.
    package init(parsing text: String) throws(ValueRefusal) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { throw ValueRefusal(Self.advice(for: text)) }
        guard parts.count == 2 else {
            self.init(containing: address, prefixLength: 128)
            return
        }
        let isDotted = !parts[0].contains(":")
        let limit = isDotted ? 32 : 128
        let digits = parts[1]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            digits == "0" || !digits.hasPrefix("0"), let length = Int(digits), length <= limit
        else {
            throw ValueRefusal("\"\(text)\": the prefix length must be a number from 0 to \(limit)")
        }
        let block = AddressBlock(containing: address, prefixLength: isDotted ? 96 + length : length)
        guard block.first == address else {
            throw ValueRefusal("\"\(text)\" has bits set behind its prefix; write \(block) or \(address)")
        }
        self = block
    }

    private static func advice(for text: String) -> String {
        let forms = "write 192.0.2.1, 192.0.2.0/24, 2001:db8::1 or 2001:db8::/32"
        if text.contains("%") { return "\"\(text)\" carries a zone id, which is not allowed; \(forms)" }
        if text.hasPrefix("[") { return "\"\(text)\" must stand without brackets and port; \(forms)" }
        if text.contains(where: \.isLetter), !text.contains(":") {
            return "\"\(text)\" is a name, not an address; \(forms)"
        }
        return "\"\(text)\" is not an address; \(forms)"
    }
}

extension ValueKind where Value == AddressBlock {
    /// An address or a block of addresses.
    package static var addressBlock: ValueKind {
        .scalar("address or CIDR block", format: \.description) { text throws(ValueRefusal) in
            try AddressBlock(parsing: text)
        }
    }
}
