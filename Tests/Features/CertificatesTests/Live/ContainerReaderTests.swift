import Foundation
import Testing

@testable import StewardCertificates

@Suite(
    "Servers in other mount namespaces", .serialized,
    .enabled(if: ForeignMachine.isPossible, "needs root and namespaces"))
struct ContainerReaderTests {
    private let tree: InventoryTree
    private let machine: ForeignMachine

    init() throws {
        tree = try InventoryTree(own: "/etc/letsencrypt")
        try tree.add("a.example")
        try tree.add("b.example")
        machine = try ForeignMachine()
    }

    private func nginx(_ certificate: String) throws {
        let text = "events {}\nhttp {\n  server {\n    ssl_certificate \(certificate);\n  }\n}\n"
        try machine.write("nginx/nginx.conf", text)
    }

    private func read(_ settings: EvidenceSettings = EvidenceSettings()) throws -> ContainerReader.Reading {
        let inventory = tree.read()
        let spaces = ProcessScan(trees: inventory.trees).spaces
        #expect(spaces.count == 1)
        return ContainerReader(inventory: inventory, settings: settings).read(spaces)
    }

    private func states(_ reading: ContainerReader.Reading) -> [String: Verdict.State] {
        let verdicts = Judge.verdicts(inventory: tree.read(), report: reading.report, now: Date())
        return Dictionary(uniqueKeysWithValues: tree.read().lineages.map { ($0.name, verdicts[$0.id]!.state) })
    }

    @Test("a line of its configuration is use of what is mounted, and the mount says no more")
    func understood() async throws {
        try nginx("/etc/letsencrypt/live/a.example/fullchain.pem")
        try await machine.start(["nginx"], source: tree.path, at: "letsencrypt")
        let reading = try read()
        let sign = try #require(reading.report.evidence.first)
        #expect(sign.place == Place("pid \(machine.id) (nginx): /etc/nginx/nginx.conf", line: 4))
        #expect(sign.kind == .nginx && sign.target == .path("\(tree.path)/live/a.example/fullchain.pem"))
        #expect(!reading.report.evidence.contains { $0.kind == .mount })
        #expect(reading.report.looked == ["configuration of pid \(machine.id) (nginx) (nginx)"])
        let found = states(reading)
        #expect(found["a.example"] == .used && found["b.example"] != .used && found["b.example"] != .unknown)
    }

    @Test("another program leaves the rest unknown by its name, until its configuration is named")
    func stranger() async throws {
        try nginx("/etc/letsencrypt/live/a.example/fullchain.pem")
        try machine.write("app.ini", "cert = /etc/letsencrypt/live/a.example/fullchain.pem\n")
        try await machine.start(["nginx", "app"], source: tree.path, at: "letsencrypt")
        let reading = try read()
        let mount = try #require(reading.report.evidence.first { $0.kind == .mount })
        #expect(mount.target == .path(tree.path))
        #expect(mount.detail.hasPrefix("app (pid ") && mount.detail.contains("certificates.evidence.extra"))
        #expect(states(reading) == ["a.example": .used, "b.example": .unknown])
        let named = try read(EvidenceSettings(extra: ["/etc/app.ini"]))
        #expect(!named.report.evidence.contains { $0.kind == .mount })
        let other = try read(EvidenceSettings(extra: ["/etc/hostname", "/etc/nothing"]))
        #expect(other.report.evidence.contains { $0.kind == .mount })
        #expect(!other.report.findings.contains { $0.code == "extra-matches-nothing" })
    }

    @Test("a server whose configuration isn't found or isn't whole leaves the rest unknown")
    func unread() async throws {
        try nginx("/etc/letsencrypt/live/a.example/fullchain.pem; include /etc/nginx/folder")
        try FileManager.default.createDirectory(
            atPath: "\(machine.folder)/etc/nginx/folder", withIntermediateDirectories: true)
        try await machine.start(["nginx", "haproxy"], source: tree.path, at: "letsencrypt")
        let mount = try #require(try read().report.evidence.first { $0.kind == .mount })
        #expect(mount.detail.contains("/etc/nginx/folder could not be read"))
        #expect(mount.detail.contains("haproxy (pid "))
    }

    @Test("a folder of one lineage alone is used, and what is named in it too")
    func part() async throws {
        try nginx("/etc/certs/fullchain1.pem")
        try await machine.start(["nginx"], source: "\(tree.path)/archive/a.example", at: "certs")
        let reading = try read()
        let target = Evidence.Target.path("\(tree.path)/archive/a.example/fullchain1.pem")
        #expect(reading.report.evidence.contains { $0.kind == .nginx && $0.target == target })
        #expect(reading.report.evidence.contains { $0.kind == .mount })
        #expect(states(reading)["a.example"] == .used && states(reading)["b.example"] != .unknown)
    }

    @Test("a copy that its configuration names is known by its content")
    func copy() async throws {
        try nginx("/etc/nginx/own.pem")
        try FileManager.default.copyItem(
            atPath: "\(tree.path)/archive/b.example/fullchain1.pem", toPath: "\(machine.folder)/etc/nginx/own.pem")
        try await machine.start(["nginx"], source: tree.path, at: "letsencrypt")
        let found = states(try read())
        #expect(found["b.example"] == .used && found["a.example"] != .used && found["a.example"] != .unknown)
    }

    @Test("copies in a folder that its configuration names are known by their content")
    func folderOfCopies() async throws {
        try nginx("/etc/letsencrypt/live/a.example/fullchain.pem")
        let folder = "\(machine.folder)/etc/haproxy/certs"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: "\(tree.path)/archive/b.example/privkey1.pem", toPath: "\(folder)/site.pem")
        try machine.write("haproxy/haproxy.cfg", "frontend a\n  bind :443 ssl crt /etc/haproxy/certs/\n")
        try await machine.start(["nginx"], source: tree.path, at: "letsencrypt")
        #expect(states(try read()) == ["a.example": .used, "b.example": .used])
    }

    @Test("the root of another process is not this one's")
    func magicLink() async throws {
        try machine.write("only-there", "text")
        try await machine.start(["nginx"], source: tree.path, at: "letsencrypt")
        let root = ConfigurationRoot("/proc/\(machine.id)/root/")
        #expect(root.prefix == "/proc/\(machine.id)/root" && !root.isSystem)
        #expect(root.read("/etc/only-there") == .success(Array("text".utf8)))
        #expect(root.inside("\(root.prefix)/etc/x") == "/etc/x")
        #expect(ConfigurationRoot().read("/etc/only-there") == .failure(.missing))
    }
}

@Suite("What programs in containers are to certificates")
struct ProgramRoleTests {
    private func member(_ program: String?, _ words: String..., comm: String = "x") -> ForeignSpace.Member {
        ForeignSpace.Member(
            process: UsingProcess(id: 7, comm: comm, cgroup: ""), program: program, words: words, folder: "/")
    }

    @Test("the program's file decides, not the name that the process has given itself")
    func roles() {
        let usual = ProgramRole.server(.nginx, configurations: ["/etc/nginx/nginx.conf"])
        #expect(ProgramRole(member("/usr/sbin/nginx", "nginx:", "master", "process", "nginx")) == usual)
        #expect(ProgramRole(member("/usr/sbin/nginx", "nginx:", "worker", "process")) == .part(.nginx))
        #expect(ProgramRole(member("/opt/own/nginx", "nginx")) == .server(.nginx, configurations: []))
        #expect(ProgramRole(member("/opt/app", "nginx:", "worker", "process", comm: "nginx")) == .unknown)
        #expect(ProgramRole(member("/usr/lib/postfix/sbin/smtpd", "smtpd")) == .part(.postfix))
        #expect(ProgramRole(member("/bin/busybox", "sleep", "9", comm: "sleep")) == .harmless)
        #expect(ProgramRole(member("/bin/busybox", "httpd", comm: "httpd")) == .unknown)
        #expect(ProgramRole(member("/usr/bin/dash", "sh", "-c", "x")) == .shell)
        #expect(ProgramRole(member("/usr/bin/python3.11", "python3", "/usr/bin/supervisord")) == .harmless)
        #expect(ProgramRole(member("/usr/bin/python3.11", "python3", "app.py")) == .unknown)
        #expect(ProgramRole(member("/usr/bin/python3.11", "python3", "/usr/bin/certbot", "renew")) == .certbot)
        #expect(ProgramRole(member(nil, "nginx")) == .unknown)
    }

    @Test("options that move or add configuration leave doubt")
    func options() {
        #expect(ProgramRole.doubt(.nginx, ["nginx", "-g", "daemon", "off;"]) == nil)
        #expect(ProgramRole.doubt(.nginx, ["nginx", "-g", "ssl_certificate", "/x;"]) != nil)
        #expect(ProgramRole.doubt(.nginx, ["nginx", "-p", "/srv"]) != nil)
        #expect(ProgramRole.doubt(.nginx, ["nginx", "-c", "own.conf"]) != nil)
        #expect(ProgramRole.doubt(.nginx, ["nginx", "-c/own.conf"]) != nil)
        #expect(ProgramRole.named(.nginx, ["nginx", "-c", "/own.conf"]) == ["/own.conf"])
        #expect(ProgramRole.doubt(.apache, ["apache2", "-D", "FOREGROUND", "-k", "start"]) == nil)
        #expect(ProgramRole.doubt(.apache, ["httpd", "-DSSL"]) != nil)
        #expect(ProgramRole.named(.caddy, ["caddy", "run", "--config=/c.json"]) == ["/c.json"])
    }

    @Test("Docker's word on a mount counts unless all of the container was understood")
    func docker() {
        let trees = [CertbotTree(path: "/t")]
        let view = MountTable.View(source: "/t", destination: "/le")
        var reading = ContainerReader.Reading(understood: ["0123456789ab": [view]])
        let mount = ContainerMount(container: "web", source: "/t", destination: "/le", id: "0123456789abcdef")
        #expect(reading.understands(mount, trees))
        var other = mount
        other.destination = "/host"
        #expect(!reading.understands(other, trees))
        other = mount
        other.source = "/t/live/a"
        #expect(!reading.understands(other, trees))
        other = mount
        other.id = ""
        #expect(!reading.understands(other, trees))
        reading.doubtful.insert("0123456789ab")
        #expect(!reading.understands(mount, trees))
    }
}
