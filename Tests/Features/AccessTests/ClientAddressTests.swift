import StewardAccess
import Testing

/// One entry of a forwarding header: what it means, and how each header writes it. The expected answer is
/// computed from the meaning alone, never from the text.
private struct Entry {
    var name: String
    var address: String?
    var isTrusted = false
    var customary: String
    var standard: String
}

private let entries: [Entry] = [
    Entry(name: "proxy", address: "10.0.0.9", isTrusted: true, customary: "10.0.0.9", standard: "for=10.0.0.9"),
    Entry(
        name: "proxy6", address: "fd00::9", isTrusted: true, customary: "[fd00::9]:4711",
        standard: "proto=https;For=\"[fd00::9]:4711\";by=_x"),
    Entry(
        name: "client", address: "198.51.100.7", customary: " 198.51.100.7:80 ", standard: "for=\"198.51.100.7:80\""),
    Entry(
        name: "client6", address: "2001:db8::7", customary: "2001:db8::7",
        standard: " for=\"[2001:db8::7]\";host=\"a,b;c\""),
    Entry(name: "broken", address: nil, customary: "unknown", standard: "for=_hidden"),
    Entry(name: "empty", address: nil, customary: "", standard: "proto=http"),
]

private func chains(upTo length: Int) -> [[Entry]] {
    var all: [[Entry]] = [[]]
    var last: [[Entry]] = [[]]
    for _ in 0..<length {
        last = last.flatMap { chain in entries.map { chain + [$0] } }
        all += last
    }
    return all
}

/// The rule in its plainest form.
private func expected(peer: String, isTrusted: Bool, chain: [Entry]) -> String {
    guard isTrusted else { return peer }
    var answer = peer
    for entry in chain.reversed() {
        guard let address = entry.address else { break }
        answer = address
        if !entry.isTrusted { break }
    }
    return answer
}

private let trusted = list("10.0.0.0/8", "fd00::/16")

@Suite struct ClientAddressTests {
    @Test func everyChainOfEveryLengthGivesTheRulesAnswer() {
        var cases = 0
        for (peer, isTrusted) in [("10.0.0.1", true), ("fd00::1", true), ("203.0.113.5", false)] {
            for chain in chains(upTo: 3) {
                let answer = address(expected(peer: peer, isTrusted: isTrusted, chain: chain))
                let (customary, standard) = (chain.map(\.customary), chain.map(\.standard))
                let name = "\(peer) \(chain.map(\.name))"
                for lines in [customary, chain.isEmpty ? [] : [customary.joined(separator: ",")]] {
                    let found = ClientAddress.resolve(
                        peer: address(peer), forwarded: [], xForwardedFor: lines, trusted: trusted)
                    #expect(found == answer, "\(name) \(lines)")
                }
                for lines in [standard, chain.isEmpty ? [] : [standard.joined(separator: ",")]] {
                    let found = ClientAddress.resolve(
                        peer: address(peer), forwarded: lines, xForwardedFor: [], trusted: trusted)
                    #expect(found == answer, "\(name) \(lines)")
                }
                let both = ClientAddress.resolve(
                    peer: address(peer), forwarded: standard, xForwardedFor: customary, trusted: trusted)
                #expect(both == answer, "\(name)")
                cases += 5
            }
        }
        #expect(cases >= 3_000)
    }

    @Test func headersThatDisagreeAreNotBelieved() {
        for first in chains(upTo: 2) where !first.isEmpty {
            for second in chains(upTo: 2) where !second.isEmpty {
                let one = expected(peer: "10.0.0.1", isTrusted: true, chain: first)
                let other = expected(peer: "10.0.0.1", isTrusted: true, chain: second)
                let found = ClientAddress.resolve(
                    peer: address("10.0.0.1"), forwarded: first.map(\.standard),
                    xForwardedFor: second.map(\.customary), trusted: trusted)
                #expect(found == address(one == other ? one : "10.0.0.1"))
            }
        }
    }

    @Test(arguments: [
        "for=\"1.2.3.4", "for=1.2.3.4;for=5.6.7.8", "for=", "for", "=1.2.3.4", "for =1.2.3.4", "for= 1.2.3.4",
        "for=1.2.3.4:80", "for=[2001:db8::1]", "for=2001:db8::1", "for=\"2001:db8::1\"", "for=\"::ffff:1.2.3.4\"",
        "for=unknown", "for=_x", "for=\"1.2.3.4:\"", "for=\"1.2.3.4:x\"", "for=\"[2001:db8::1]x\"", "for=01.2.3.4",
        "for=1.2.3.4;ext=\"\\\\\"x\\\\\"\"", "for=\"[1.2.3.4]\"", "for=1.2.3.4;;proto=http", "for=1.2.3.4;",
        "for=\"1.2.3.4\"x", "for=1.2.3.4 x", "",
        "for=\"[fe80::1%eth0]\"", "for=1.2.3", "for='1.2.3.4'", "for=\"1.2.3.4:123456\"", "for=\"\"",
    ])
    func malformedForwardedElementsStopTheWalk(text: String) {
        let found = ClientAddress.resolve(
            peer: address("10.0.0.1"), forwarded: ["for=198.51.100.7, " + text], xForwardedFor: [], trusted: trusted)
        #expect(found == address("10.0.0.1"), "\(text)")
    }

    /// As text the quote and the mark behind it are one character.
    @Test func aQuoteIsAQuoteBeforeACombiningMark() {
        let found = ClientAddress.resolve(
            peer: address("10.0.0.1"), forwarded: ["for=198.51.100.7;ext=\"\u{301}\"", "for=10.0.0.2;a=\"\u{730}\""],
            xForwardedFor: [], trusted: trusted)
        #expect(found == address("198.51.100.7"))
    }

    @Test func quotedPairsAreUnescaped() {
        let found = ClientAddress.resolve(
            peer: address("10.0.0.1"), forwarded: ["for=\"198.51.\\100.7\";ext=\"a\\\",for=1.1.1.1\""],
            xForwardedFor: [], trusted: trusted)
        #expect(found == address("198.51.100.7"))
    }

    @Test(arguments: [
        "1.2.3.4:", "1.2.3.4:x", "[1.2.3.4]", "[2001:db8::1", "[2001:db8::1]80", "2001:db8::1]:80", "1.2.3.4;",
        "\"1.2.3.4\"", "1.2.3.4 5.6.7.8", "for=1.2.3.4", "_x", "-", "fe80::1%eth0", "1.2.3.4\u{0}", "010.2.3.4",
    ])
    func malformedEntriesStopTheWalk(text: String) {
        let found = ClientAddress.resolve(
            peer: address("10.0.0.1"), forwarded: [], xForwardedFor: ["198.51.100.7, \(text)"], trusted: trusted)
        #expect(found == address("10.0.0.1"), "\(text)")
    }

    @Test func mappedPeersAreTheirIPv4Address() {
        let found = ClientAddress.resolve(
            peer: address("::ffff:10.0.0.1"), forwarded: [], xForwardedFor: ["::ffff:198.51.100.7"], trusted: trusted)
        #expect(found == address("198.51.100.7"))
    }
}
