import Foundation
import Testing

@testable import StewardCertificates

@Suite("Processes and mounts that see a tree")
struct LiveProcessTests {
    @Test("control groups name units and containers")
    func groups() {
        let id = String(repeating: "0123456789abcdef", count: 4)
        let unit = UsingProcess(id: 1, comm: "nginx\n", cgroup: "0::/system.slice/nginx.service\n")
        #expect(unit.text == "nginx (pid 1, nginx.service)")
        for group in ["0::/system.slice/docker-\(id).scope", "12:pids:/docker/\(id)", "0::/machine/libpod-\(id).scope"]
        {
            #expect(UsingProcess(id: 2, comm: "x", cgroup: group).container == "0123456789ab", "\(group)")
        }
        #expect(UsingProcess(id: 3, comm: "bash", cgroup: "0::/user.slice\n").text == "bash (pid 3)")
    }

    private let host = MountTable(
        """
        22 1 8:1 / / rw - ext4 /dev/sda1 rw
        30 22 8:2 / /srv rw - ext4 /dev/sdb1 rw
        """)

    @Test("bind mounts of a tree, a part of it or a folder above it are seen by device and root")
    func views() {
        let container = MountTable(
            """
            90 80 0:50 / / rw - overlay overlay rw
            91 90 8:1 /etc/letsencrypt /certs ro - ext4 /dev/sda1 rw
            92 90 8:1 /etc/letsencrypt/live/a /a\\040b ro - ext4 /dev/sda1 rw
            93 90 8:1 /etc /host-etc ro - ext4 /dev/sda1 rw
            94 90 8:1 /etc/letsencrypt2 /other ro - ext4 /dev/sda1 rw
            95 90 8:2 /etc/letsencrypt /wrong-device ro - ext4 /dev/sdb1 rw
            """)
        let views = container.views(of: "/etc/letsencrypt", by: host)
        #expect(
            views == [
                .init(source: "/etc/letsencrypt", destination: "/certs"),
                .init(source: "/etc/letsencrypt/live/a", destination: "/a b"),
                .init(source: "/etc/letsencrypt", destination: "/host-etc/letsencrypt"),
            ])
        let other = MountTable("91 90 8:2 /certbot /certs ro - ext4 /dev/sdb1 rw")
        #expect(other.views(of: "/srv/certbot", by: host) == [.init(source: "/srv/certbot", destination: "/certs")])
    }

    @Test("a sandboxed service that sees the machine's own folders in their places is no container")
    func sandbox() {
        let service = MountTable(
            """
            22 1 8:1 / / rw - ext4 /dev/sda1 rw
            23 22 8:1 /etc /etc ro - ext4 /dev/sda1 rw
            24 22 8:1 /tmp/private /tmp rw - ext4 /dev/sda1 rw
            """)
        #expect(service.views(of: "/etc/letsencrypt", by: host).isEmpty)
        #expect(MountTable("nonsense\n1 2\n").views(of: "/etc", by: MountTable("")).isEmpty)
    }

    @Test("a process that has a file of the tree open is named, deleted files too")
    func openFiles() throws {
        let tree = try InventoryTree()
        try tree.add("mail.example")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sleep")
        process.arguments = ["30"]
        process.standardInput = FileHandle(forReadingAtPath: "\(tree.path)/archive/mail.example/privkey1.pem")
        try process.run()
        defer { process.terminate() }
        let path = (tree.path as NSString).resolvingSymlinksInPath
        let scan = ProcessScan(trees: [CertbotTree(path: path)])
        let sign = try #require(
            scan.report.evidence.first { $0.place.text.contains("pid \(process.processIdentifier)") })
        #expect(sign.target == .path("\(path)/archive/mail.example/privkey1.pem"))
        #expect(sign.kind == .process)
        try tree.remove("archive/mail.example/privkey1.pem")
        let second = ProcessScan(trees: [CertbotTree(path: path)]).report.evidence.first
        #expect(second?.target == sign.target)
        #expect(second?.detail.contains("deleted") == true)
    }
}
