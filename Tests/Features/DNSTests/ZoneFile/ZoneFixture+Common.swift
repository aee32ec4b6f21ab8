extension ZoneFixture {
    static let common = [
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
    ]
}
