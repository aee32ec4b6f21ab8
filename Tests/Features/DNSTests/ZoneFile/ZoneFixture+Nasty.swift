extension ZoneFixture {
    static let nasty = [
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
