/// The gateways of this machine's default routes: in a container, the address that calls from outside may
/// come from. Reads the text of Linux's `/proc/net/route` and `/proc/net/ipv6_route`.
package enum DefaultGateways {
    /// The gateways in both tables' texts, each once.
    package static func addresses(route: String, ipv6Route: String) -> [IPAddress] {
        var found: [IPAddress] = []
        for gateway in v4(route) + v6(ipv6Route) where !found.contains(gateway) { found.append(gateway) }
        return found
    }

    /// Columns: interface, destination, gateway, ..., mask (the 8th); addresses as little-endian hexadecimal.
    private static func v4(_ table: String) -> [IPAddress] {
        table.split(whereSeparator: \.isNewline).compactMap { line in
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count >= 8, fields[1] == "00000000", fields[7] == "00000000",
                let gateway = UInt32(fields[2], radix: 16), gateway != 0
            else { return nil }
            return IPAddress(v4: gateway.byteSwapped)
        }
    }

    /// Columns: destination, its length, source, its length, next hop; addresses as 32 hexadecimal digits.
    private static func v6(_ table: String) -> [IPAddress] {
        table.split(whereSeparator: \.isNewline).compactMap { line in
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count >= 5, fields[1] == "00", fields[0].allSatisfy({ $0 == "0" }),
                let gateway = UInt128(fields[4], radix: 16), gateway != 0
            else { return nil }
            return IPAddress(bits: gateway)
        }
    }
}
