import StewardCertificates
import Testing

/// One lineage `a` of `/t` among others, what was found, and what is to be thought of `a`.
private struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var lineages: [Lineage]
    var report: EvidenceReport
    var state: Verdict.State
    var successor: String?

    init(
        _ description: String, _ state: Verdict.State, of successor: String? = nil, _ lineages: [Lineage] = [a],
        _ report: EvidenceReport = Facts.report()
    ) {
        testDescription = description
        self.lineages = lineages
        self.report = report
        self.state = state
        self.successor = successor
    }

    init(_ description: String, _ state: Verdict.State, found evidence: Evidence, in lineages: [Lineage] = [a]) {
        self.init(description, state, lineages, Facts.report([evidence]))
    }
}

private let a = Facts.lineage("a")
private let old = Facts.lineage("a", ends: -10)
private let unreadable = UnreadPlace("/etc/nginx/x", reason: "Permission denied")

private func a(_ change: (inout Lineage) -> Void) -> [Lineage] {
    var lineage = a
    change(&lineage)
    return [lineage]
}

private func sign(_ kind: Evidence.Kind, _ target: Evidence.Target) -> Evidence {
    Evidence(kind, at: Place("p"), target: target)
}

private let paths: [Row] = [
    Row("a configuration names the live file", .used, found: Facts.path("/t/live/a/fullchain.pem")),
    Row("a configuration names the archive file", .used, found: Facts.path("/t/archive/a/privkey1.pem")),
    Row("a configuration names the live folder", .used, found: Facts.path("/t/live/a")),
    Row("with a slash at the end", .used, found: Facts.path("/t/live/a/")),
    Row("with doubled slashes and dots", .used, found: Facts.path("//t/./live//a/cert.pem")),
    Row("a folder whose name begins the same is another", .unused, found: Facts.path("/t/live/ab/cert.pem")),
    Row("the same path in another tree is another", .unused, found: Facts.path("/u/live/a/cert.pem")),
    Row("its conf is named", .used, found: Facts.path("/t/renewal/a.conf")),
    Row("another conf is named", .unused, found: Facts.path("/t/renewal/b.conf")),
    Row("a configuration names all of live", .used, found: Facts.path("/t/live")),
    Row("a configuration names the whole tree", .used, found: Facts.path("/t")),
    Row("a configuration names the root", .used, found: Facts.path("/")),
    Row("the renewal folder is named", .used, found: Facts.path("/t/renewal")),
    Row("accounts are none of its", .unused, found: Facts.path("/t/accounts")),
    Row("a container has the whole tree", .unknown, found: Facts.path("/t", .mount)),
    Row("a process has live open", .unknown, found: Facts.path("/t/live", .process)),
    Row("a container has its folder", .used, found: Facts.path("/t/live/a", .mount)),
    Row("a process has its file open", .used, found: Facts.path("/t/archive/a/privkey2.pem", .process)),
    Row(
        "a folder known to certbot's container", .used, a { $0.folders.append("/etc/letsencrypt/live/a") },
        Facts.report([Facts.path("/etc/letsencrypt/live/a/cert.pem")])),
    Row(
        "a path with a symlink's real place", .used, a { $0.folders.append("/data/certs/a") },
        Facts.report([Facts.path("/data/certs/a/x.pem", .postfix)])),
    Row("a relative path is no path here", .unused, found: Facts.path("live/b/cert.pem")),
]

private let digests: [Row] = [
    Row("its certificate is served", .used, found: sign(.served, .fingerprint(a.certificate!.fingerprint))),
    Row("another certificate is served", .unused, found: sign(.served, .fingerprint(Facts.print(-5)))),
    Row("its key is served", .used, found: sign(.served, .spki(a.certificate!.spki))),
    Row("a copy of its key lies elsewhere", .used, found: sign(.copy, .spki(a.certificate!.spki))),
    Row("a fingerprint is no key", .unused, found: sign(.served, .spki(a.certificate!.fingerprint))),
    Row(
        "an older version is served", .used,
        a { $0.otherPrints = [CertificatePrint(fingerprint: Facts.print(77), spki: Facts.print(78))] },
        Facts.report([sign(.served, .fingerprint(Facts.print(77)))])),
    Row(
        "an older version's key is in DNS", .used,
        a { $0.otherPrints = [CertificatePrint(fingerprint: Facts.print(77), spki: Facts.print(78))] },
        Facts.report([sign(.dane, .spki(Facts.print(78)))])),
    Row("a hook names it", .used, found: sign(.hook, .lineage("a"))),
    Row("a hook names another", .unused, found: sign(.hook, .lineage("b"))),
    Row("names of lineages are whole", .unused, found: sign(.hook, .lineage("a.example"))),
    Row("expired, and served all the same", .used, [old], Facts.report([sign(.served, .spki(old.certificate!.spki))])),
    Row("broken, and named all the same", .used, a { $0.renewal = nil }, Facts.report([Facts.path("/t/live/a")])),
    Row(
        "a duplicate that is used", .used, [a, Facts.lineage("b", names: ["a"], ends: 90)],
        Facts.report([Facts.path("/t/live/a/x")])),
]

private let alone: [Row] = [
    Row("nothing found", .unused),
    Row("expired", .expired, [old]),
    Row("expires this second", .expired, [Facts.lineage("a", ends: 0)]),
    Row("expires tomorrow", .unused, [Facts.lineage("a", ends: 1)]),
    Row("no certificate can be read", .broken, a { $0.certificate = nil }),
    Row("no conf", .broken, a { $0.renewal = nil }),
    Row("live is broken", .broken, a { $0.version = nil }),
    Row("key and certificate differ", .broken, a { $0.findings = [Finding("key-mismatch", .problem, "They differ.")] }),
    Row("a finding that does not break it", .unused, a { $0.findings = [Finding("key-mode", .problem, "Readable.")] }),
    Row(
        "broken and expired", .broken,
        [
            {
                var lineage = old; lineage.renewal = nil; return lineage
            }()
        ]),
    Row(
        "its names lead elsewhere", .unused, [a],
        Facts.report(names: [NameFacts(name: "a", resolution: .elsewhere(addresses: ["192.0.2.1"]))])),
    Row("its names lead nowhere", .unused, [a], Facts.report(names: [NameFacts(name: "a", resolution: .nowhere)])),
    Row(
        "its names lead here, which is no use", .unused, [a],
        Facts.report(names: [NameFacts(name: "a", resolution: .here(addresses: ["192.0.2.1"]))])),
    Row(
        "where its names lead is not known", .unused, [a],
        Facts.report(names: [NameFacts(name: "a", resolution: .unknown("timeout"))])),
]

private let doubts: [Row] = [
    Row("a configuration can't be read", .unknown, [a], Facts.report(unread: [unreadable])),
    Row(
        "a log can't be read", .unused, [a],
        Facts.report(unread: [UnreadPlace("/var/log", reason: "gone", mayHoldUse: false)])),
    Row(
        "used, and something can't be read", .used, [a],
        Facts.report([Facts.path("/t/live/a")], unread: [unreadable])),
    Row("expired, and something can't be read", .unknown, [old], Facts.report(unread: [unreadable])),
    Row("broken, and something can't be read", .unknown, a { $0.version = nil }, Facts.report(unread: [unreadable])),
    Row("nowhere was looked", .unknown, [a], Facts.report(looked: [])),
    Row("used, and nowhere else was looked", .used, [a], Facts.report([Facts.path("/t/live/a")], looked: [])),
    Row(
        "two lineages on one archive", .unknown,
        [a, Facts.lineage("b", folders: ["/t/live/b", "/t/archive/a"])]),
    Row(
        "its conf names another's archive", .unknown,
        [
            {
                var lineage = a; lineage.renewal?.archiveFolder = "/t/archive/b"; return lineage
            }(), Facts.lineage("b"),
        ]),
    Row(
        "another conf names its archive", .unknown,
        [
            a,
            {
                var lineage = Facts.lineage("b"); lineage.renewal?.archiveFolder = "/t/archive/a"; return lineage
            }(),
        ]),
    Row(
        "another conf's key path is in its live folder", .unknown,
        [
            a,
            {
                var lineage = Facts.lineage("b"); lineage.renewal?.paths = [.privkey: "/t/live/a/privkey.pem"];
                return lineage
            }(),
        ]),
    Row(
        "another conf claims the whole archive, which is that conf's damage", .unused,
        [
            a,
            {
                var lineage = Facts.lineage("b"); lineage.renewal?.archiveFolder = "/t/archive"; return lineage
            }(),
        ]),
    Row(
        "its own conf claims the whole archive", .unknown,
        [
            {
                var lineage = a; lineage.renewal?.archiveFolder = "/t/archive"; return lineage
            }(), Facts.lineage("b"),
        ]),
    Row(
        "its own conf claims the whole archive, alone in it", .unused,
        a { $0.renewal?.archiveFolder = "/t/archive" }),
    Row(
        "use of the partner leaves it unknown", .unknown,
        [a, Facts.lineage("b", folders: ["/t/live/b", "/t/archive/a"])],
        Facts.report([Facts.path("/t/live/b/cert.pem")])),
]

private let rivals: [Row] = [
    Row("another with its names holds longer", .duplicate, of: "b", [a, Facts.lineage("b", names: ["a"], ends: 90)]),
    Row(
        "another with its names is used", .duplicate, of: "b", [a, Facts.lineage("b", names: ["a"], ends: 10)],
        Facts.report([Facts.path("/t/live/b/x")])),
    Row("the longer of two is no duplicate", .unused, [a, Facts.lineage("b", names: ["a"], ends: 10)]),
    Row("expired, with a valid twin", .duplicate, of: "b", [old, Facts.lineage("b", names: ["a"])]),
    Row("its twin has expired longer ago", .expired, [old, Facts.lineage("b", names: ["a"], ends: -20)]),
    Row("its twin has expired too", .expired, [old, Facts.lineage("b", names: ["a"], ends: -1)]),
    Row(
        "its twin is broken", .unused,
        [
            a,
            {
                var lineage = Facts.lineage("b", names: ["a"], ends: 90); lineage.renewal = nil; return lineage
            }(),
        ]),
    Row("its twin is in another tree", .unused, [a, Facts.lineage("b", names: ["a"], ends: 90, tree: "/u")]),
    Row(
        "its names in another order", .duplicate, of: "b",
        [Facts.lineage("a", names: ["x", "y"]), Facts.lineage("b", names: ["y", "x"], ends: 90)]),
    Row("a newer one has more names", .superseded, of: "b", [a, Facts.lineage("b", names: ["a", "c"], ends: 90)]),
    Row("an older one has more names", .unused, [a, Facts.lineage("b", names: ["a", "c"], ends: 10)]),
    Row(
        "a newer one lacks a name", .unused,
        [Facts.lineage("a", names: ["a", "d"]), Facts.lineage("b", names: ["a", "c"], ends: 90)]),
    Row(
        "a newer wildcard covers it", .superseded, of: "b",
        [Facts.lineage("a", names: ["a.x"]), Facts.lineage("b", names: ["*.x"], ends: 90)]),
    Row(
        "a wildcard does not cover two labels", .unused,
        [Facts.lineage("a", names: ["c.a.x"]), Facts.lineage("b", names: ["*.x"], ends: 90)]),
    Row(
        "a plain name does not cover a wildcard", .unused,
        [Facts.lineage("a", names: ["*.x"]), Facts.lineage("b", names: ["a.x", "b.x"], ends: 90)]),
    Row("expired and superseded", .superseded, of: "b", [old, Facts.lineage("b", names: ["a", "c"])]),
    Row(
        "a duplicate where something can't be read", .unknown, [a, Facts.lineage("b", names: ["a"], ends: 90)],
        Facts.report(unread: [unreadable])),
    Row(
        "a broken one with a twin stays broken", .broken,
        a { $0.renewal = nil } + [Facts.lineage("b", names: ["a"], ends: 90)]),
]

@Suite struct JudgeTableTests {
    @Test(arguments: paths + digests + alone) private func useAndFaultsDecide(_ row: Row) { check(row) }

    @Test(arguments: doubts + rivals) private func doubtsAndRivalsDecide(_ row: Row) { check(row) }

    private func check(_ row: Row) {
        let verdict = Facts.verdicts(row.lineages, row.report)["a"]
        #expect(verdict?.state == row.state, "\(verdict?.reasons ?? [])")
        #expect(verdict?.successor == row.successor)
        #expect(verdict?.reasons.isEmpty == false)
        #expect((verdict?.usedBy.isEmpty == false) == (row.state == .used))
    }
}
