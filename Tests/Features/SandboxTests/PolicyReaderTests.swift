import CSandbox
import Glibc
import StewardSandbox
import Testing

/// Reads a policy with the C reader.
private func reading<Value>(_ bytes: [UInt8], _ look: (csandbox_policy) throws -> Value) throws -> Value {
    var policy = csandbox_policy()
    var complaint = csandbox_complaint()
    return try bytes.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { characters in
        let result = csandbox_policy_read(characters.baseAddress, characters.count, &policy, &complaint)
        guard result == 0 else { throw Refused(complaint) }
        defer { csandbox_policy_free(&policy) }
        return try look(policy)
    }
}

private struct Refused: Error {
    let text: String

    init(_ complaint: csandbox_complaint) {
        text = withUnsafeBytes(of: complaint.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

private func bytes(_ records: [String]) -> [UInt8] { records.flatMap { Array($0.utf8) + [0] } }

private func complaint(_ records: [String]) -> String {
    do {
        try reading(bytes(records)) { _ in }
        return "accepted"
    } catch {
        return (error as? Refused)?.text ?? "\(error)"
    }
}

@Suite struct PolicyReaderTests {
    @Test func everythingThatAPolicyCanSayIsReadAsItWasMeant() throws {
        var policy = SandboxPolicy()
        policy.identity = .init(user: 1234, group: 4_294_967_294)
        policy.readable = ["/usr", "/with a space", "/ümlaut"]
        policy.writable = ["/scratch"]
        policy.devices = ["/dev/null"]
        policy.network = .only([.tcp(host: "::1", port: 65535), .unix(path: "/run/db.sock"), .anywhere])
        policy.memory = 1 << 40
        policy.files = 77
        policy.processes = 5
        policy.fileSize = 0
        policy.namespaces = [.user, .ipc]
        policy.cgroups = ["/sys/fs/cgroup/zone", "/sys/fs/cgroup/pids/zone"]
        policy.hidden = ["/srv/app/api"]
        policy.required = [.files, .cgroup]
        try reading(policy.encoded) { read in
            #expect(read.uid == 1234 && read.gid == 4_294_967_294)
            let paths = UnsafeBufferPointer(start: read.paths, count: read.path_count)
            #expect(
                paths.map { String(cString: $0.path) } == [
                    "/usr", "/with a space", "/ümlaut", "/scratch", "/dev/null", "/srv/app/api",
                ])
            #expect(
                paths.map(\.rights) == [
                    CSANDBOX_READ, CSANDBOX_READ, CSANDBOX_READ, CSANDBOX_WRITE, CSANDBOX_DEVICE, CSANDBOX_HIDE,
                ])
            // as, data, cpu, files, processes, filesize
            let limits = withUnsafeBytes(of: read.limits) { Array($0.bindMemory(to: Int64.self)) }
            #expect(limits == [1 << 40, 1 << 40, -1, 77, 5, 0])
            #expect(read.network == CSANDBOX_NETWORK_LISTED && read.destination_count == 3)
            #expect(read.destinations[0].kind == CSANDBOX_TO_TCP && read.destinations[0].port == 65535)
            #expect(
                withUnsafeBytes(of: read.destinations[0].host) { String(decoding: $0.prefix(3), as: UTF8.self) }
                    == "::1")
            #expect(
                read.destinations[1].kind == CSANDBOX_TO_UNIX
                    && String(cString: read.destinations[1].path) == "/run/db.sock")
            #expect(read.destinations[2].kind == CSANDBOX_TO_ANYWHERE)
            #expect(read.namespaces == CSANDBOX_NAMESPACE_USER.rawValue | CSANDBOX_NAMESPACE_IPC.rawValue)
            #expect(read.cgroup_count == 2 && String(cString: read.cgroups[1]!) == "/sys/fs/cgroup/pids/zone")
            #expect(read.required == CSANDBOX_DEFENCE_FILES.rawValue | CSANDBOX_DEFENCE_CGROUP.rawValue)
        }
    }

    @Test func anEmptyPolicyAllowsNothing() throws {
        try reading([]) { read in
            #expect(read.uid == -1 && read.gid == -1 && read.path_count == 0 && read.network == CSANDBOX_NETWORK_NONE)
        }
    }

    @Test func theDefencesOfBothSidesHaveTheSameNames() throws {
        for (bit, defence) in Defence.allCases.enumerated() {
            #expect(String(cString: csandbox_defence_name(1 << UInt32(bit))) == defence.rawValue)
            try reading(bytes(["require \(defence.rawValue)"])) { #expect($0.required == 1 << UInt32(bit)) }
        }
        for (bit, space) in SandboxNamespace.allCases.enumerated() {
            try reading(bytes(["namespaces \(space.rawValue)"])) { #expect($0.namespaces == 1 << UInt32(bit)) }
        }
    }

    @Test(arguments: [
        ("uid -1", "record 1, uid '-1': not a number from 0 to 4294967294"),
        ("uid 4294967295", "record 1, uid '4294967295': not a number"),
        ("uid 99999999999999999999", "not a number"), ("uid ", "record 1, uid '': not a number"),
        ("uid 1", "uid and gid: one is told without the other"), ("gid 0x1", "record 1, gid '0x1': not a number"),
        ("limit files", "limit 'files': not a name and a number"),
        ("limit file 3", "limit 'file 3': no such limit; there are as, data, cpu, files, processes, filesize"),
        ("limit files 3k", "limit 'files 3k': not a number"),
        ("limit as 9223372036854775808", "not a number from 0 to 9223372036854775807"),
        ("read usr", "read 'usr': not an absolute path"), ("write ", "write '': not an absolute path"),
        ("device ./x", "device './x': not an absolute path"), ("network some", "not one of none, outbound, listed"),
        ("to db 5432", "to: told without 'network listed'"), ("namespaces", "'namespaces': not a word and a value"),
        ("namespaces user,uts", "not names of user, mount, pid, net, ipc"), ("namespaces user,", "not names"),
        ("namespaces ", "not names"), ("cgroup zone", "cgroup 'zone': not an absolute path"),
        ("require everything", "require 'everything': not names of defences"), ("Read /usr", "unknown word"),
        ("reads /usr", "unknown word; steward and steward-launch must be of one build"), ("", "not a word and a value"),
        ("read /a\u{1b}[31m\nb", "accepted"), ("rea\u{1b}d /a", "rea?d '/a': unknown word"),
    ])
    func aMistakeIsNamedWithItsWordAndValue(record: String, message: String) {
        #expect(complaint([record]).contains(message), "\(complaint([record]))")
    }

    @Test(arguments: [
        ("db 0", "the port is not a number from 1 to 65535"), ("db 65536", "the port is not a number"),
        ("db", "not HOST PORT, unix PATH or anywhere"), (" 5", "not HOST PORT"),
        (String(repeating: "h", count: 256) + " 1", "the host is longer than a name can be"),
        ("unix run/x", "not an absolute path"),
        ("unix /" + String(repeating: "x", count: 107), "longer than the path of a socket can be"),
    ])
    func aMistakenDestinationIsNamed(value: String, message: String) {
        let text = complaint(["network listed", "to \(value)"])
        #expect(text.contains("record 2, to '") && text.contains(message), "\(text)")
    }

    @Test(arguments: ["uid 1", "gid 1", "limit as 1", "network none", "namespaces user", "require files"])
    func whatIsToldTwiceIsAMistake(record: String) {
        #expect(complaint([record, record]).hasSuffix("told twice"))
    }

    @Test func aPolicyThatBreaksOffIsRefused() {
        #expect(throws: Refused.self) { try reading(Array("read /usr".utf8)) { _ in } }
        #expect(throws: Refused.self) { try reading(bytes(["read /" + String(repeating: "x", count: 4095)])) { _ in } }
        #expect(throws: Refused.self) { try reading(Array(repeating: 0, count: 1 << 20 + 1)) { _ in } }
    }

    @Test func anyBytesAreReadOrRefused() {
        var generator = SystemRandomNumberGenerator()
        let words = [
            "uid ", "limit as ", "read /", "to ", "network listed", "namespaces user,", "\0", "9", " ", ",", "\u{ff}",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0..<12, using: &generator)).map { _ in
                words.randomElement(using: &generator)!
            }
            _ = try? reading(Array(text.joined().utf8)) { $0.path_count }
        }
    }
}
