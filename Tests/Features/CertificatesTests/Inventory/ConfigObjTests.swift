import Foundation
import Testing

@testable import StewardCertificates

@Suite struct ConfigObjTests {
    /// What Python's ConfigObj made of a file; see Tests/Support/configobj/make_cases.py.
    private struct Case: Decodable {
        indirect enum Outcome: Decodable, Equatable {
            case section(keys: [String: [String]], sections: [String: Outcome])
            case lines([Int])

            private enum Key: CodingKey { case keys, sections }

            init(from decoder: any Decoder) throws {
                if let lines = try? [Int](from: decoder) {
                    self = .lines(lines)
                } else if let line = try? Int(from: decoder) {
                    self = .lines([line])
                } else {
                    let fields = try decoder.container(keyedBy: Key.self)
                    self = .section(
                        keys: try fields.decode([String: Value].self, forKey: .keys).mapValues(\.items),
                        sections: try fields.decode([String: Outcome].self, forKey: .sections))
                }
            }

            init(_ section: ConfigObj.Section) {
                let text = { (bytes: [UInt8]) in String(decoding: bytes, as: UTF8.self) }
                self = .section(
                    keys: Dictionary(section.values.map { (text($0.key), Value($0.value).items) }) { one, _ in one },
                    sections: Dictionary(section.sections.map { (text($0.key), Outcome($0.value)) }) { one, _ in one })
            }
        }

        /// A text as `["text", ...]`, a list as `["list", ...]`.
        struct Value: Decodable {
            var items: [String]

            init(_ value: ConfigObj.Value) {
                switch value {
                case .text(let text): items = ["text", text]
                case .list(let list): items = ["list"] + list
                }
            }

            init(from decoder: any Decoder) throws {
                if let text = try? String(from: decoder) {
                    items = ["text", text]
                } else {
                    items = ["list"] + (try [String](from: decoder))
                }
            }
        }

        var bytes: [UInt8]
        var outcome: Outcome

        init(from decoder: any Decoder) throws {
            var fields = try decoder.unkeyedContainer()
            let hex = Array(try fields.decode(String.self).utf8)
            bytes = stride(from: 0, to: hex.count, by: 2).map {
                UInt8(String(decoding: hex[$0..<($0 + 2)], as: UTF8.self), radix: 16) ?? 0
            }
            outcome = try fields.decode(Outcome.self)
        }
    }

    @Test func readsEveryCaseAsPythonsConfigObjDoes() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../Support/configobj/cases.json")
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
        #expect(cases.count > 500)
        for one in cases {
            let config = ConfigObj(one.bytes)
            let outcome =
                config.failures.isEmpty ? Case.Outcome(config.root) : Case.Outcome.lines(config.failures.map(\.line))
            // Swift's dictionaries hold one of two strings that Unicode calls equivalent.
            if String(decoding: one.bytes, as: UTF8.self).contains("\u{301}") { continue }
            #expect(outcome == one.outcome, "\(String(decoding: one.bytes, as: UTF8.self).debugDescription)")
        }
    }

    @Test func tellsKeysApartThatUnicodeCallsEquivalent() {
        let config = ConfigObj(Array("\u{E9} = 1\ne\u{301} = 2\n".utf8))
        #expect(config.failures.isEmpty && config.root.values.count == 2)
    }

    @Test func namesLineAndReason() {
        let config = ConfigObj(Array("a = 1\n\n[b]\nc\n[b]\nd = 'x\na = '''\n".utf8))
        #expect(
            config.failures == [
                .init(line: 4, reason: .invalidLine), .init(line: 5, reason: .duplicateSection),
                .init(line: 6, reason: .invalidValue), .init(line: 7, reason: .openQuotes),
            ])
        #expect(ConfigObj(Array("a = 1\nb = ".utf8) + [0xFF]).failures == [.init(line: 2, reason: .notUTF8)])
    }

    @Test func takesNoLongTimeOverNastyText() {
        let texts = [
            "a = " + String(repeating: "\"", count: 20_000), "[" + String(repeating: "a ", count: 40_000),
            "a = " + String(repeating: "b, ", count: 20_000) + "\"",
            "[[a" + String(repeating: "]", count: 40_000) + "x", String(repeating: "[", count: 40_000),
            "a = " + String(repeating: "'b', ", count: 5_000) + "#", String(repeating: "[a]\n", count: 20_000),
            (0..<20_000).map { "k\($0) = 1\n" }.joined(),
        ]
        for text in texts {
            let start = ContinuousClock.now
            _ = ConfigObj(Array(text.utf8))
            #expect(ContinuousClock.now - start < .seconds(20), "\(text.prefix(20))")
        }
    }

    @Test func nothingMakesItTrap() {
        var generator = SeededGenerator(1)
        let conf = Array(InventoryTree.conf("example.org", own: "/etc/letsencrypt").utf8)
        for _ in 0..<3000 {
            let bytes = generator.damaged(conf)
            let config = ConfigObj(bytes)
            let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).count
            #expect(config.failures.allSatisfy { $0.line >= 1 && $0.line <= lines })
            _ = RenewalConf(bytes, path: "x")
        }
    }
}

@Suite struct RenewalConfTests {
    private func conf(_ text: String) -> RenewalConf { RenewalConf(Array(text.utf8), path: "/t/renewal/a.conf") }

    @Test func readsWhatCertbotWrites() throws {
        let text = InventoryTree.conf("a.example", own: "/etc/letsencrypt")
        let facts = try #require(
            conf(text + "[acme_renewal_info]\nari_retry_after = 2025-11-02T03:04:05+01:00\n").facts)
        #expect(facts.certbotVersion == "2.1.0" && facts.archiveFolder == "/etc/letsencrypt/archive/a.example")
        #expect(facts.paths[.fullchain] == "/etc/letsencrypt/live/a.example/fullchain.pem" && facts.paths.count == 4)
        #expect(facts.authenticator == "webroot" && facts.keyType == "ecdsa" && facts.renewsItself && !facts.reusesKey)
        #expect(facts.hooks == ["deploy_hook": "systemctl reload nginx"] && facts.webroots == ["/var/www/html"])
        #expect(facts.ariRetryAfter == Date(timeIntervalSince1970: 1_762_049_045))
        #expect(conf(text).findings.isEmpty)
    }

    @Test func pythonsNoneIsNothing() {
        let text = "[renewalparams]\nauthenticator = apache\ninstaller = None\npre_hook = None\nreuse_key = True\n"
        let facts = conf(text).facts
        #expect(facts?.installer == nil && facts?.hooks.isEmpty == true && facts?.reusesKey == true)
    }

    @Test(arguments: [
        ("", "conf-empty"), (" \n\t\n", "conf-empty"), ("a\n", "conf-unparsable"), ("a = 1\n", "conf-incomplete"),
        ("cert = a\n", "conf-no-parameters"), ("[renewalparams]\nx = 1\n", "conf-no-parameters"),
        ("[renewalparams]\nauthenticator = a\npre_hook = date +%(x)s\n", "conf-interpolation"),
        ("[renewalparams]\nautorenew = False\n", "renewal-off"),
    ])
    func namesWhatIsWrong(_ text: String, _ code: String) {
        #expect(conf(text).findings.map(\.code).contains(code))
    }

    @Test func aPercentSignThatIsNotReplacedIsFine() {
        let text = "[renewalparams]\nauthenticator = a\npre_hook = date +%s (%x) %(y) s)s\n"
        #expect(!conf(text).findings.map(\.code).contains("conf-interpolation"))
    }
}
