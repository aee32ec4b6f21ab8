import Testing

@testable import StewardCertificates

@Suite struct ApacheEvidenceTests {
    private func read(_ configuration: String, _ more: [String: String] = [:]) -> ScratchRoot.Outcome {
        let scratch = ScratchRoot(more)
        scratch.write("/etc/apache2/apache2.conf", configuration)
        return scratch.read()
    }

    @Test(arguments: [
        "SSLCertificateFile /etc/x.pem", "sslcertificatefile  \"/etc/x.pem\"", "SSLCertificateKeyFile '/etc/x.pem'",
        "SSLCertificateFile \\\n   /etc/x.pem", "<VirtualHost *:443>\n SSLCertificateFile /etc/x.pem\n</VirtualHost>",
        "<IfModule mod_ssl.c>\nSSLCertificateFile /etc/x.pem\n</IfModule>", "SSLCertificateChainFile ../x.pem",
        "Define d /etc\nSSLCertificateFile ${d}/x.pem", "SSLCertificateFile ${CERTS}/x.pem",
        "<IfDefine A>\nDefine d /etc\n</IfDefine>\nSSLCertificateFile ${d}/x.pem", "Include sites/*.conf",
        "Include sites", "IncludeOptional sites/one.conf", "Include s*/o*", "ServerRoot /etc/other\nInclude in.conf",
        "MDCertificateFile /etc/y.pem /etc/x.pem", "SSLProxyMachineCertificateFile /etc/x.pem",
        "SSLCACertificateFile /etc/x.pem", "<If \"true\">\nSSLCertificateFile /etc/x.pem\n</If>",
        "<Macro host $n $f>\nSSLCertificateFile $f/$n.pem\n</Macro>\nUse host x /etc",
        "<IfFile /etc/x.pem>\nSSLCertificateFile /etc/x.pem\n</IfFile>",
        "Define n one\nInclude sites/${n}.conf", "Define a ${b}\nDefine b /etc\nSSLCertificateFile ${a}/x.pem",
        "SSLCACertificatePath /etc/certs", "Define x /etc/x.pem\nUnDefine x\nSSLCertificateFile ${x}",
    ])
    func theFileIsFound(_ configuration: String) {
        let outcome = read(
            configuration,
            [
                "/etc/x.pem": "", "/etc/y.pem": "", "/etc/apache2/sites/one.conf": "-> ../available/one.conf",
                "/etc/apache2/available/one.conf": "SSLCertificateFile /etc/x.pem",
                "/etc/other/in.conf": "SSLCertificateFile ../x.pem", "/etc/certs/1234.0": "-> ../x.pem",
                "/etc/apache2/envvars": "S=\nexport CERTS=\"/etc$S\"\n# comment\n",
            ])
        if !configuration.contains("UnDefine") { #expect(outcome.paths.contains("/etc/x.pem"), "\(outcome)") }
        #expect(outcome.looked.count == 1)
    }

    @Test(arguments: [
        "# SSLCertificateFile /etc/x.pem", "#\\\nSSLCertificateFile /etc/x.pem", "SSLCertificateKeyFile pkcs11:x", "",
    ])
    func whatIsNoUseIsNoSign(_ configuration: String) {
        let outcome = read(configuration, ["/etc/x.pem": ""])
        #expect(outcome.signs.isEmpty && outcome.findings.isEmpty && outcome.unread.isEmpty, "\(outcome)")
    }

    @Test func theLineIsThatOfTheDirectiveAndTheFileThatOfTheSite() {
        let outcome = read(
            "IncludeOptional sites-enabled/*.conf",
            [
                "/etc/apache2/sites-available/s.conf": "\n\n  SSLCertificateFile \\\n /etc/x.pem\n",
                "/etc/apache2/sites-enabled/s.conf": "-> ../sites-available/s.conf", "/etc/x.pem": "",
            ])
        #expect(outcome.signs == ["apache /etc/apache2/sites-enabled/s.conf:3 -> /etc/x.pem (SSLCertificateFile)"])
    }

    @Test func aMissingFileIsAFindingOnlyWhereApacheCertainlyReadsIt() {
        let outcome = read(
            """
            LoadModule ssl_module modules/mod_ssl.so
            <IfModule ssl_module>
            SSLCertificateFile /etc/one.pem
            </IfModule>
            <IfDefine Never>
            SSLCertificateFile /etc/two.pem
            </IfDefine>
            <IfModule mod_gone.c>
            SSLCertificateFile /etc/three.pem
            </IfModule>
            Include nowhere.conf
            IncludeOptional nowhere.conf
            Include nowhere/*.conf
            """)
        #expect(
            outcome.findings.map { String($0.split(separator: " ")[1]) } == [
                "/etc/apache2/apache2.conf:3:", "/etc/apache2/apache2.conf:11:",
            ])
        #expect(outcome.paths.isSuperset(of: ["/etc/one.pem", "/etc/two.pem", "/etc/three.pem"]))
    }

    @Test func anUnknownVariableNamesEveryFileThatItCan() {
        let outcome = read(
            "SSLCertificateFile /etc/certs/${UNKNOWN}.pem\nSSLCertificateFile ${UNKNOWN}",
            ["/etc/certs/a.pem": "", "/etc/certs/b.key": ""])
        #expect(outcome.paths == ["/etc/certs/a.pem"])
        #expect(outcome.unread.count == 1 && outcome.unread[0].hasPrefix("/etc/apache2/apache2.conf:2"))
    }

    @Test func circlesOfIncludesAndMacrosEnd() {
        let outcome = read(
            "<Macro m>\nUse m\nUse m\nSSLCertificateFile /etc/x.pem\n</Macro>\nUse m\nInclude apache2.conf\nInclude .",
            ["/etc/x.pem": "", "/etc/apache2/loop": "-> ../apache2"])
        #expect(outcome.paths.contains("/etc/x.pem"))
    }

    @Test func oneUseOfAMacroWithTwoNamesIsTwoSigns() {
        let outcome = read(
            "<Macro V $name $n>\n SSLCertificateFile /etc/$name/$n.pem\n</Macro>\nUse V a 1\nUse V \"b\" 2\n",
            ["/etc/a/1.pem": "", "/etc/b/2.pem": ""])
        #expect(
            outcome.lines("/etc/apache2/apache2.conf") == [
                "/etc/apache2/apache2.conf:2 -> /etc/a/1.pem", "/etc/apache2/apache2.conf:2 -> /etc/b/2.pem",
            ])
    }
}
