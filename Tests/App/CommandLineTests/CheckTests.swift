import Foundation
import StewardAccess
import Testing

@testable import StewardCommandLine
@testable import StewardServer

@Suite("What steward check reads from the system")
struct CheckTests {
    /// Lines of a real /proc/net/tcp and tcp6; the fourth is no listener.
    static let table = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 00 100 0 0 10 0
           1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 00 100 0 0 10 0
           2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4713 1 00 100 0 0 10 0
           0: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4714 1 00 100 0 0 10 0
        """

    @Test("Listening sockets are read with address, port, inode and user")
    func sockets() {
        let entries = SocketTable(Self.table).entries
        #expect(entries.map(\.address.description) == ["127.0.0.1", "0.0.0.0", "::1"])
        #expect(entries.map(\.port) == [8080, 80, 8081])
        #expect(entries.map(\.inode) == [4711, 4712, 4714])
        #expect(entries.map(\.user) == [1000, 0, 0])
    }

    @Test(
        "A port is held by the same address and by every address",
        arguments: [
            ("127.0.0.1", 8080, [4711]), ("127.0.0.2", 8080, []), ("0.0.0.0", 8080, [4711]), ("192.0.2.1", 80, [4712]),
            ("::1", 8081, [4714]), ("127.0.0.1", 9, []),
        ] as [(String, Int, [UInt64])])
    func holders(address: String, port: Int, inodes: [UInt64]) throws {
        let address = try #require(IPAddress(address))
        #expect(SocketTable(Self.table).holders(of: port, addresses: [address]).map(\.inode) == inodes)
    }

    @Test("The default gateways are those without destination and mask")
    func gateways() {
        let route = """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
            eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
            """
        #expect(Gateways.parse(route: route).map(\.description) == ["172.17.0.1"])
        let zeros = String(repeating: "0", count: 32)
        let route6 = """
            \(zeros) 00 \(zeros) 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003 eth0
            \(zeros) 00 \(zeros) 00 \(zeros) ffffffff 00000001 00000000 00200200 lo
            """
        #expect(Gateways.parse(route6: route6).map(\.description) == ["fd00::1"])
    }

    @Test("A child is killed when its time is over, and its children with it")
    func timeout() throws {
        let start = ContinuousClock.now
        let outcome = try ChildProcess.run(
            "/bin/sh", ["-c", "sleep 3600 & echo begun; sleep 3600"], environment: ["PATH=/usr/bin:/bin"],
            input: Data(), seconds: 2)
        #expect(outcome.status == nil)
        #expect(String(decoding: outcome.output, as: UTF8.self) == "begun\n")
        #expect(ContinuousClock.now - start < .seconds(600))
    }

    @Test("A child gets its input and gives status, output and errors")
    func child() throws {
        let outcome = try ChildProcess.run(
            "/bin/sh", ["-c", "tr a b; echo no >&2; exit 3"], environment: ["PATH=/usr/bin:/bin"],
            input: Data("aaa".utf8),
            seconds: 10)
        #expect(outcome.status == 3 << 8)
        #expect(String(decoding: outcome.output, as: UTF8.self) == "bbb")
        #expect(outcome.errors == "no\n")
        #expect(throws: ChildProcess.StartFailure.self) {
            try ChildProcess.run("/no/such", [], environment: [], input: Data(), seconds: 1)
        }
    }

    @Test("A tree holds scripts and helpers, not hidden or foreign folders, and names what anybody may change")
    func tree() throws {
        let root = NSTemporaryDirectory() + "steward-tree-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        for folder in ["sub", ".git", "api", "__pycache__"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
            try Data().write(to: URL(fileURLWithPath: "\(root)/\(folder)/x.py"))
        }
        try Data().write(to: URL(fileURLWithPath: "\(root)/_helper.py"))
        chmod("\(root)/sub/x.py", 0o666)
        let tree = ScriptTree(folder: root, excluded: ["\(root)/api"])
        #expect(tree.scripts == ["\(root)/_helper.py", "\(root)/sub/x.py"])
        #expect(tree.folderCount == 2)
        #expect(tree.worldWritable == ["\(root)/sub/x.py"])
    }

    @Test("The report counts and puts each remedy on a line of its own")
    func report() {
        let report = CheckReport(findings: [
            CheckFinding(.error, "listen", at: "127.0.0.1:80", "It is taken.", remedy: "Stop it."),
            CheckFinding(.ok, "clock", "It stands."),
        ])
        #expect(
            report.lines == [
                "error    listen    127.0.0.1:80: It is taken.", "         hint: Stop it.",
                "ok       clock     It stands.",
                "1 error, 0 warnings, 0 notes, 1 ok",
            ])
    }
}
