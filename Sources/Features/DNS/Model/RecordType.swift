/// The type of a resource record, by its number (IANA, "Resource Record (RR) TYPEs").
package struct RecordType: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The number.
    package var rawValue: UInt16

    /// Of this number.
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let a = RecordType(rawValue: 1)
    package static let ns = RecordType(rawValue: 2)
    package static let cname = RecordType(rawValue: 5)
    package static let soa = RecordType(rawValue: 6)
    package static let ptr = RecordType(rawValue: 12)
    package static let mx = RecordType(rawValue: 15)
    package static let txt = RecordType(rawValue: 16)
    package static let aaaa = RecordType(rawValue: 28)
    package static let srv = RecordType(rawValue: 33)
    package static let dname = RecordType(rawValue: 39)
    package static let opt = RecordType(rawValue: 41)
    package static let ds = RecordType(rawValue: 43)
    package static let rrsig = RecordType(rawValue: 46)
    package static let nsec = RecordType(rawValue: 47)
    package static let dnskey = RecordType(rawValue: 48)
    package static let nsec3 = RecordType(rawValue: 50)
    package static let tlsa = RecordType(rawValue: 52)
    package static let tsig = RecordType(rawValue: 250)
    package static let any = RecordType(rawValue: 255)

    private static let names: [UInt16: String] = [
        1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 39: "DNAME",
        41: "OPT", 43: "DS", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 52: "TLSA", 250: "TSIG", 255: "ANY",
    ]

    /// By its name, or by its number as `TYPE65` (RFC 3597, section 5); nil if it is neither.
    package init?(name: String) {
        let name = name.uppercased()
        if let known = Self.names.first(where: { $0.value == name }) {
            rawValue = known.key
        } else if name.hasPrefix("TYPE"), let number = UInt16(name.dropFirst(4)) {
            rawValue = number
        } else {
            return nil
        }
    }

    /// Its name, or `TYPE65` (RFC 3597, section 5).
    package var description: String { Self.names[rawValue] ?? "TYPE\(rawValue)" }
}
