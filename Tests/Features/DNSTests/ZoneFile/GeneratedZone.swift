@testable import StewardDNS

/// A zone file of `example.` made at random, of all the ways in which records can be written.
struct GeneratedZone {
    private var random: SplitMix
    private(set) var text = ""
    private let owner = "_25._tcp.mail.example."
    private var origin = "example."
    private let ending: String

    init(seed: UInt64) {
        random = SplitMix(state: seed)
        ending = random.next() % 5 == 0 ? "\r\n" : "\n"
        let hasStandard = random.next() % 3 > 0
        if hasStandard { line("$TTL \(pick(["3600", "1h", "1D", "300"]))") }
        line("@ \(hasStandard ? "" : pick(["", "86400 ", "1h "]))IN SOA ns1.example. admin.example. \(pick(Self.soas))")
        line("\(pick(["@", "", "example."])) IN NS ns1.other.")
        for _ in 0..<(5 + random.next() % 20) { step() }
        if random.next() % 3 == 0 { text.removeLast() }
    }

    private static let soas = [
        "2024010101 3600 900 604800 300", "( 7 1h 15m 1w 5m )",
        "( ; all\n 1700000000 ; serial\n 3600 900\n 604800 300 )",
    ]

    private mutating func pick<Value>(_ values: [Value]) -> Value { values[Int(random.next() % UInt64(values.count))] }

    private mutating func line(_ text: String) { self.text += text + ending }

    private mutating func step() {
        switch random.next() % 12 {
        case 0: line(pick(["", "; a comment (", "   ; indented", "\t", " ( ; nothing\n )", "  "]))
        case 1:
            origin = pick(["example.", "mail.example.", "_tcp.mail.example.", "sub.example."])
            line("$ORIGIN \(origin)")
        case 2 where text.hasPrefix("$TTL"): line("$TTL \(pick(["60", "2h", "3600"]))")
        case 3...6: record(written(owner), "TLSA", data())
        default:
            record(written(pick(["mail.example.", "www.example.", "example.", "a.sub.example."])), "A", "192.0.2.1")
        }
    }

    /// The owner absolute, relative, in another case, or left out.
    private mutating func written(_ name: String) -> String {
        let style = random.next() % 6
        if style == 0 { return "" }
        if style == 1 { return name.uppercased() }
        if name == origin { return "@" }
        return style > 2 && name.hasSuffix("." + origin) ? String(name.dropLast(origin.count + 1)) : name
    }

    private mutating func data() -> String {
        let byte = pick(["a1", "B2", "c3", "d5"])
        switch random.next() % 5 {
        case 0: return "3 1 1 \(String(repeating: byte, count: 16)) \(String(repeating: byte, count: 16))"
        case 1: return "( 3 1 1\n   \(String(repeating: byte, count: 32)) ; digest\n )"
        case 2: return "\\# 35 030101\(String(repeating: byte, count: 32))"
        default: return "3 1 1 \(String(repeating: byte, count: 32))"
        }
    }

    private mutating func record(_ name: String, _ type: String, _ data: String) {
        let gap = pick([" ", "\t", "   ", "\t\t"])
        let ttl = pick(["", "", "", "300", "1h"])
        let word = pick([type, type, type.lowercased()])
        let head = pick([[ttl, "IN", word], ["IN", ttl, word], [ttl, word], ["CLASS1", ttl, word]])
        let words = head.filter { !$0.isEmpty }.joined(separator: gap)
        line(name + gap + words + gap + data + pick(["", "", " ; note", "  "]))
    }
}

/// SplitMix64: the same numbers from the same seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
