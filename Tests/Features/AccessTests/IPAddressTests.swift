import Glibc
import StewardAccess
import StewardSettings
import Testing

/// What the C library makes of an IPv6 text, as 128 bits: the oracle.
private func libraryV6(_ text: String) -> UInt128? {
    var raw = in6_addr()
    guard inet_pton(AF_INET6, text, &raw) == 1 else { return nil }
    return withUnsafeBytes(of: &raw) { $0.reduce(0) { $0 << 8 | UInt128($1) } }
}

private func libraryText(_ bits: UInt128) -> String {
    var raw = in6_addr()
    withUnsafeMutableBytes(of: &raw) { bytes in
        for index in 0..<16 { bytes[index] = UInt8(truncatingIfNeeded: bits >> (120 - 8 * index)) }
    }
    var buffer = [CChar](repeating: 0, count: 64)
    inet_ntop(AF_INET6, &raw, &buffer, 64)
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8($0) }, as: UTF8.self)
}

@Suite struct IPAddressTests {
    @Test(arguments: ["0.0.0.0", "127.0.0.1", "255.255.255.255", "192.0.2.1", "10.0.0.200", "1.2.3.4"])
    func dottedAddressesReadAndWriteBack(text: String) {
        #expect(IPAddress(text)?.description == text)
        #expect(IPAddress(text)?.isV4 == true)
        #expect(IPAddress("::ffff:\(text)") == IPAddress(text))
    }

    @Test(arguments: [
        "", ".", "1", "1.2", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.00", "0x7f.0.0.1",
        "0177.0.0.1", "127.1", "2130706433", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/24", "1.2.3.-4", "+1.2.3.4", "1..2.3",
        "1.2.3.4.", ".1.2.3.4", "1.2.3.1000", "١.2.3.4", "1,2,3,4", "1.2.3.4%eth0", "fe80::1%eth0", "fe80::1%1",
        "[::1]",
        ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
        "12345::",
        "g::", "::1.2.3", "::1.2.3.4.5", "::01.2.3.4", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "1:", ":1",
        "::1:", "1:::2", "::ffff:1.2.3.256", "localhost", "::1/128", "0:0:0:0:0:0:0:0:0", "::-1",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func sixteenThousandRandomAddressesAgreeWithTheLibrary() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<16_000 {
            var bits = UInt128.random(in: 0...UInt128.max, using: &random)
            for _ in 0..<Int.random(in: 0...6) { bits &= ~(UInt128(0xffff) << (16 * Int.random(in: 0..<8))) }
            let text = libraryText(bits)
            #expect(IPAddress(text)?.bits == bits)
            let own = IPAddress(bits: bits)
            if !own.isV4, bits >> 32 != 0 { #expect(own.description == text) }
            #expect(IPAddress(own.description) == own)
        }
    }

    @Test func randomTextsAreJudgedAsTheLibraryJudgesThem() {
        let pieces = ["::", ":", "1", "ab", "ffff", "0", "1.2.3.4", "g", "12345", "00", ".", "A"]
        for _ in 0..<40_000 {
            let text = (0..<Int.random(in: 1...12)).map { _ in pieces.randomElement()! }.joined()
            guard text.contains(":") else { continue }
            #expect(IPAddress(text)?.bits == libraryV6(text), "\(text)")
        }
    }

    @Test func loopbackIsKnown() {
        #expect(address("127.9.9.9").isLoopback && address("::1").isLoopback && address("::ffff:127.0.0.1").isLoopback)
        #expect(!address("128.0.0.1").isLoopback && !address("::2").isLoopback)
    }
}

@Suite struct AddressBlockTests {
    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.0/24"), ("192.0.2.7", "192.0.2.7"), ("192.0.2.7/32", "192.0.2.7"),
        ("0.0.0.0/0", "0.0.0.0/0"), ("::/0", "::/0"), ("2001:db8::/32", "2001:db8::/32"), ("::1/128", "::1"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
    ])
    func blocksReadAndWriteBack(text: String, expected: String) throws {
        #expect(try AddressBlock(parsing: text).description == expected)
    }

    @Test(arguments: [
        ("10.0.0.5/8", "write 10.0.0.0/8 or 10.0.0.5"), ("2001:db8::1/32", "write 2001:db8::/32 or 2001:db8::1"),
        ("10.0.0.0/33", "from 0 to 32"), ("::/129", "from 0 to 128"), ("10.0.0.0/", "from 0 to 32"),
        ("10.0.0.0/08", "from 0 to 32"), ("10.0.0.0/+8", "from 0 to 32"), ("10.0.0.0/255.0.0.0", "from 0 to 32"),
        ("10.0.0", "is not an address"), ("example.com", "is a name"), ("fe80::1%eth0", "zone id"),
        ("[::1]", "without brackets"), ("", "is not an address"), ("10.0.0.0/8/8", "from 0 to 32"),
    ])
    func badBlocksSayWhatToWrite(text: String, expected: String) {
        do throws(ValueRefusal) {
            _ = try AddressBlock(parsing: text)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.message.contains(expected), "\(error.message)")
        }
    }

    @Test func familiesStayApart() {
        #expect(!list("::/0").contains(address("192.0.2.1")))
        #expect(!list("0.0.0.0/0").contains(address("2001:db8::1")))
        #expect(list("0.0.0.0/0").contains(address("::ffff:192.0.2.1")))
    }

    @Test func aListHoldsWhatOneOfItsBlocksHolds() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let blocks = (0..<Int.random(in: 0...12)).map { _ -> AddressBlock in
                let v4 = IPAddress(v4: UInt32.random(in: 0...UInt32.max, using: &random) & 0x0300_00ff)
                return AddressBlock(containing: v4, prefixLength: Int.random(in: 96...128))
            }
            let list = AddressList(blocks)
            for _ in 0..<100 {
                let probe = IPAddress(v4: UInt32.random(in: 0...UInt32.max, using: &random) & 0x0300_00ff)
                #expect(list.contains(probe) == blocks.contains { $0.contains(probe) })
            }
            for block in blocks { #expect(list.contains(block.first) && list.contains(block.last)) }
        }
    }
}

@Suite struct DefaultGatewaysTests {
    @Test func theKernelsTablesAreRead() {
        let route = """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
            eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
            tun0\t00000000\t0100000A\t0003\t0\t0\t0\t00000080\t0\t0\t0
            """
        let zeros = String(repeating: "0", count: 32)
        let ipv6Route = """
            \(zeros) 00 \(zeros) 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0
            \(zeros) 00 \(zeros) 00 \(zeros) ffffffff 00000001 00000000 00200200 lo
            """
        let found = DefaultGateways.addresses(route: route, ipv6Route: ipv6Route)
        #expect(found == [address("172.17.0.1"), address("fe80::1")])
        #expect(DefaultGateways.addresses(route: "", ipv6Route: "x\ny z").isEmpty)
    }
}
