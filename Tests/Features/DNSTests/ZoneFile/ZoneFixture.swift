import Foundation
import Testing

/// Zone files of `example.` in many hands' styles; the TLSA records in question are those of `_25._tcp.mail.example.`.
/// `{K1}`, `{K2}`, `{K3}` stand for the data of three records.
struct ZoneFixture: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Each character is one byte (Latin-1).
    let text: String

    var bytes: [UInt8] {
        var text = text
        for (name, head, byte) in [("{K1}", "3 1 1 ", "a1"), ("{K2}", "3 1 1 ", "b2"), ("{K3}", "2 1 1 ", "c3")] {
            text = text.replacingOccurrences(of: name, with: head + String(repeating: byte, count: 32))
        }
        return text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    private init(_ name: String, _ text: String) { (testDescription, self.text) = (name, text) }

    static let all = [
        ZoneFixture(
            "plain",
            """
            $TTL 3600
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            mail IN A 192.0.2.2
            _25._tcp.mail IN TLSA {K1}
            _25._tcp.mail IN TLSA {K2}
            www IN A 192.0.2.3

            """),
        ZoneFixture(
            "no TLSA yet",
            """
            $TTL 3600
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            mail\tIN\tA\t192.0.2.2
            \tIN\tAAAA\t2001:db8::2
            www\tIN\tA\t192.0.2.3

            """),
        ZoneFixture(
            "blank owners follow",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail   IN TLSA {K1}
                            IN TLSA {K2}
                            IN TXT "next"
            www IN A 192.0.2.3

            """),
        ZoneFixture(
            "blank owner after, tabs",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail\tIN\tTLSA\t{K1}
            \t\tIN\tTXT\t"heir; not a comment"

            ; a comment
            \t\tIN\tA\t192.0.2.9
            www\tA\t192.0.2.3

            """),
        ZoneFixture(
            "parentheses",
            """
            $TTL 1h
            @ IN SOA ns1 admin (
                2024010101 ; serial
                3600       ; refresh
                900 604800
                300 ) ; minimum
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail IN TLSA ( 3 1 1
               a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1   ; first half
               a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 ) ; second
              IN TXT ( "a"
            "b" )
            _25._tcp.mail ( IN
             TLSA
             {K2}
            )
            www IN A 192.0.2.3

            """),
        ZoneFixture(
            "CR LF",
            """
            $TTL 1h\r
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )\r
            @ IN NS ns1\r
            ns1 IN A 192.0.2.1\r
            _25._tcp.mail IN TLSA {K1}\r
                IN TXT "x"\r
            www IN A 192.0.2.3\r

            """),
        ZoneFixture(
            "no end of line at the end",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail IN TLSA {K1}
            """),
        ZoneFixture(
            "ORIGIN changes",
            """
            $TTL 1h
            $ORIGIN .
            example IN SOA ns1.example. admin.example. 7 3600 900 604800 300
              NS ns1.example.
            $ORIGIN example.
            ns1 A 192.0.2.1
            $ORIGIN mail.example.
            @ A 192.0.2.2
            $ORIGIN _tcp.mail.example.
            _25 TLSA {K1}
              TLSA {K2}
            $ORIGIN example.
              TXT "still _25"
            www A 192.0.2.3

            """),
        ZoneFixture(
            "absolute names",
            """
            $TTL 1h
            example. IN SOA ns1.example. admin.example. 4294967295 3600 900 604800 300
            example. IN NS ns1.example.
            ns1.example. IN A 192.0.2.1
            _25._tcp.mail.example. IN TLSA {K1}
            mail.example. IN A 192.0.2.2

            """),
        ZoneFixture(
            "TTL before class",
            """
            @ 86400 IN SOA ns1 admin 1700000000 1H 15M 1W 5M
            @ 86400 IN NS ns1
            ns1 86400 IN A 192.0.2.1
            _25._tcp.mail 300 IN TLSA {K1}
            _25._tcp.mail 300 IN TLSA {K2}
            www 86400 IN A 192.0.2.3

            """),
        ZoneFixture(
            "class before TTL",
            """
            $TTL 2h
            @ IN 86400 SOA ns1 admin 1700000000 1H 15M 1W 5M
             IN 86400 NS ns1
            ns1 IN 86400 A 192.0.2.1
            _25._tcp.mail IN 300 TLSA {K1}
             IN 300 TLSA {K2}
            www IN A 192.0.2.3

            """),
        ZoneFixture(
            "last TTL holds on",
            """
            @ 86400 IN SOA ns1 admin 5 3600 900 604800 300
            @ NS ns1
            ns1 A 192.0.2.1
            _25._tcp.mail 300 TLSA {K1}
            www A 192.0.2.3
             TXT "t"
            ftp 60 A 192.0.2.4
            news A 192.0.2.5

            """),
        ZoneFixture(
            "SOA minimum is the TTL",
            """
            @ SOA ns1 admin 5 3600 900 604800 777
            @ NS ns1
            ns1 A 192.0.2.1
            _25._tcp.mail TLSA {K1}
            www 60 A 192.0.2.3
            x A 192.0.2.4

            """),
        ZoneFixture(
            "TYPE52",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail IN TYPE52 \\# 35 030101a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
            _25._tcp.mail IN TLSA \\# 35 ( 030101
             B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2 )
            www A 192.0.2.3

            """),
        ZoneFixture(
            "CLASS1 and type numbers",
            """
            $TTL 1h
            @ CLASS1 TYPE6 ns1 admin 9 3600 900 604800 300
            @ CLASS1 TYPE2 ns1
            ns1 CLASS1 TYPE1 192.0.2.1
            _25._tcp.mail CLASS1 TYPE52 {K1}

            """),
        ZoneFixture(
            "capitals",
            """
            $ttl 1H
            @ in soa NS1 ADMIN 2026112599 3600 900 604800 300
            @ in ns NS1
            NS1 in a 192.0.2.1
            _25._TCP.Mail in tlsa 3 1 1 ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB
            _25._tcp.mail in tlsa {K2}
            WWW in a 192.0.2.3

            """),
        ZoneFixture(
            "hex in pieces",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail IN TLSA 3 1 1 a1a1 a1a1 a1a1 a1a1 a1a1 a1a1 a1a1 a1a1 a1a1 a1a1 a1a1 a1a1 a1a1 a1a1 a1a1 a1a1
            _25._tcp.mail IN TLSA 3 1 1 b2b 2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2

            """),
        ZoneFixture(
            "quoted semicolons and parentheses",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            txt IN TXT "v=spf1 (a; b) -all" "\\"quoted\\"" un\\;quoted
            _25._tcp.mail IN TLSA {K1} ; "comment (
             IN TXT "("
            www A 192.0.2.3 ; )

            """),
        ZoneFixture(
            "escaped owners",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            a\\.b IN A 192.0.2.4
            \\095\\050\\053._tcp.mail IN TLSA {K1}
             IN TXT heir
            sp\\ ace IN A 192.0.2.5
            \\@ IN A 192.0.2.6

            """),
        ZoneFixture(
            "GENERATE",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            $GENERATE 1-4 host$ A 192.0.2.$
            _25._tcp.mail IN TLSA {K1}
            $GENERATE 5-6 host${0,3} A 192.0.2.$
             IN TXT "after generate"
            www A 192.0.2.3

            """),
        ZoneFixture(
            "TTL changes",
            """
            $TTL 1d
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            $TTL 300
            _25._tcp.mail TLSA {K1}
            $TTL 3600
             TXT "heir"
            _25._tcp.mail TLSA {K2}
            www A 192.0.2.3

            """),
        ZoneFixture(
            "line that begins with a parenthesis",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            ( _25._tcp.mail IN TLSA {K1} )
             TXT x
            (\u{20}
             www
             A 192.0.2.3 )

            """),
        ZoneFixture(
            "indented parenthesis",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail IN TLSA {K1}
              ( IN TLSA
             {K2} )
             ( TXT
             heir )

            """),
        ZoneFixture(
            "only indented comments between",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail IN TLSA {K1}
               ; a comment
            \t
            \u{20}\u{20}\u{20}
             ( ; empty
             )
             IN TXT heir
            www A 192.0.2.3

            """),
        ZoneFixture(
            "other ports beside",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            mail A 192.0.2.2
            _443._tcp.mail 600 IN TLSA {K3}
            _587._tcp.mail 600 IN TLSA {K3}
             IN TXT heir
            www A 192.0.2.3

            """),
        ZoneFixture(
            "two indented sets",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            mail            IN A     192.0.2.2
                            IN MX    10 mail
            _25._tcp.mail   IN TLSA  {K1}
                            IN TLSA  {K2}
                            IN TLSA  {K3}
            www             IN A     192.0.2.3
                            IN AAAA  2001:db8::3

            """),
        ZoneFixture(
            "BIND's own writing",
            """
            $ORIGIN .
            $TTL 3600\t; 1 hour
            example\t\t\tIN SOA\tns1.example. admin.example. (
            \t\t\t\t2024010101 ; serial
            \t\t\t\t3600       ; refresh (1 hour)
            \t\t\t\t900        ; retry (15 minutes)
            \t\t\t\t604800     ; expire (1 week)
            \t\t\t\t300        ; minimum (5 minutes)
            \t\t\t\t)
            \t\t\tNS\tns1.example.
            $ORIGIN example.
            ns1\t\t\tA\t192.0.2.1
            $ORIGIN _tcp.mail.example.
            $TTL 300\t; 5 minutes
            _25\t\t\tTLSA\t3 1 1 (
            \t\t\t\tA1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1
            \t\t\t\tA1A1A1A1 )
            \t\t\tTLSA\t3 1 1 (
            \t\t\t\tB2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2
            \t\t\t\tB2B2B2B2 )
            _443\t\t\tTLSA\t3 1 1 C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3C3
            $ORIGIN example.
            $TTL 3600\t; 1 hour
            www\t\t\tA\t192.0.2.3

            """),
        ZoneFixture(
            "serial alone on its line, zeros",
            """
            $TTL 1h
            @ IN SOA ns1 admin (
            \t0000000042\t;serial (d. adams)
            \t3600
            \t900
            \t604800
            \t300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail IN TLSA {K1}

            """),
        ZoneFixture(
            "SOA over several parentheses",
            """
            $TTL 1h
            @ IN SOA ns1 ( admin ( 2024010199 ) 3600
             900 ) 604800 300
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail IN TLSA {K1}

            """),
        ZoneFixture(
            "wildcard and underscore neighbours",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            *._tcp.mail IN TLSA {K3}
            _25._tcp.mail IN TLSA {K1}
             IN TXT heir
            _dmarc IN TXT "v=DMARC1; p=none"

            """),
        ZoneFixture(
            "many types",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            mail A 192.0.2.2
            @ MX 10 mail
            @ CAA 0 issue "letsencrypt.org"
            _sip._tcp SRV 0 5 5060 mail
            host SSHFP 1 1 abababababababababababababababababababab
            @ HINFO "PC" "Linux"
            x TYPE65534 \\# 3 abcdef
            svc HTTPS 1 . alpn=h2
            _25._tcp.mail TLSA {K1}
            loc LOC 51 30 12.748 N 0 7 39.612 W 0.00m

            """),
        ZoneFixture(
            "the same record twice",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail IN TLSA {K1}
            _25._tcp.mail IN TLSA 3 1 1 A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1
             IN TXT heir

            """),
        ZoneFixture(
            "owner first elsewhere",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail IN TXT first
             IN TLSA {K1}
             IN TXT "second"
            www A 192.0.2.3
            _25._tcp.mail IN TLSA {K2}
             IN TXT third

            """),
        ZoneFixture(
            "the last record of the zone",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            www A 192.0.2.3
            _25._tcp.mail IN TLSA {K1}
            ; end



            """),
        ZoneFixture(
            "Latin-1 in comments",
            """
            $TTL 1h
            @ IN SOA ns1.example. admin.example. ( 2024010101 3600 900 604800 300 )
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            ; gr\u{fc}\u{df}e
            _25._tcp.mail IN TLSA {K1} ; M\u{fc}ller
            txt TXT "na\u{ef}ve"

            """),
        ZoneFixture(
            "SOA of a date ahead",
            """
            $TTL 1h
            @ IN SOA ns1 admin 2099123199 3600 900 604800 300
            @ IN NS ns1
            ns1 IN A 192.0.2.1
            _25._tcp.mail IN TLSA {K1}

            """),
    ]
}
