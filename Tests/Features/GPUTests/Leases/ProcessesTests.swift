import Foundation
import Glibc
import Testing

@testable import StewardGPU

@Suite struct ProcessesTests {
    @Test(arguments: [
        ("7 (python) S 3 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 5 0 123456 99\n", false, false, false),
        ("7 (a) Z 1) D 3 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 123456 99\n", false, false, true),
        ("7 (python) Z 3 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 123456 99\n", true, true, false),
        ("7 (python) X 3 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 0 0 123456 99\n", true, true, false),
        ("7 (python) Z 3 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 2 0 123456 99\n", true, false, false),
    ])
    func aProcessIsOverWithItsLastThread(_ line: String, isHeadless: Bool, isOver: Bool, isAsleep: Bool) {
        let entry = Array(line.utf8).withUnsafeBufferPointer { ProcessTable.Entry(stat: $0) }
        #expect(
            entry
                == ProcessTable.Entry(
                    parent: 3, session: 7, started: 123_456, isHeadless: isHeadless, isOver: isOver, isAsleep: isAsleep)
        )
    }

    @Test func whatCantBeReadIsNotGone() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "proc-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        try FileManager.default.createDirectory(at: root.appending(path: "7/stat"), withIntermediateDirectories: true)
        let processes = Processes(root: root.path)
        #expect(processes.life(of: GPUProcess(pid: 7, started: 1)) == .unknown(EISDIR))
        #expect(processes.life(of: GPUProcess(pid: 8, started: 1)) == .gone)
        #expect(throws: ProcessTable.Unreadable(code: EISDIR)) { try ProcessTable(processes) }
        #expect(throws: ProcessTable.Unreadable(code: ENOENT)) { try ProcessTable(Processes(root: "/nowhere")) }
    }

    @Test(arguments: [
        (ENOENT, "gone"), (ESRCH, "gone"), (EACCES, "closed"), (EPERM, "closed"), (EMFILE, "unknown"),
        (ENFILE, "unknown"), (ENOMEM, "unknown"),
    ])
    func aFailureTellsWhetherTheProcessIsGone(_ code: Int32, _ look: String) {
        #expect("\(ProcLook<Int>(failure: code))".hasPrefix(look))
    }

    @Test func aProcessWhoseFirstThreadHasEndedRunsOn() async throws {
        let process = try headless(["STEWARD_GPU_LEASE": "headless"])
        defer { kill(process.processIdentifier, SIGKILL) }
        let pid = process.processIdentifier
        #expect(await isHeadless(pid))
        let found = try #require(Processes().process(pid))
        #expect(Processes().life(of: found) == .alive)
        let table = try ProcessTable()
        #expect(table.isAlive(found))
        #expect(try table.marks(since: 0).leases[pid] == "headless")
    }

    @Test func nobodyWaitsWhomTheServerRunsBeneath() throws {
        let child = Process()
        child.executableURL = URL(filePath: "/bin/sleep")
        child.arguments = ["60"]
        try child.run()
        defer { child.terminate() }
        let processes = Processes()
        for pid in [0, 1, -1, getpid(), getppid()] { #expect(processes.waiter(pid) == nil) }
        #expect(processes.waiter(child.processIdentifier)?.pid == child.processIdentifier)
        let own = try #require(processes.process(getpid()))
        #expect(processes.ancestors(of: child.processIdentifier).first == own)
    }

    @Test func theFirstProcessLaunchesNoTree() {
        var ticket = GPUTicket(id: "a", request: GPURequest(), caller: "ada", purpose: "", since: 0)
        ticket.adopts = true
        ticket.waiter = GPUProcess(pid: 1, started: 0)
        #expect(LeaseTree(GPULease(ticket: ticket, cards: [], granted: 0), isNew: true).launcher == nil)
    }
}

/// A process whose first thread ends while another one lives, with these variables.
func headless(_ variables: [String: String]) throws -> Process {
    let folder = FileManager.default.temporaryDirectory.appending(path: "headless-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let source = """
        #include <pthread.h>
        #include <unistd.h>
        static void *stay(void *none) { for (;;) pause(); }
        int main(void) { pthread_t other; pthread_create(&other, 0, stay, 0); pthread_exit(0); }
        """
    try source.write(to: folder.appending(path: "headless.c"), atomically: true, encoding: .utf8)
    let compiler = Process()
    compiler.executableURL = URL(filePath: "/usr/bin/env")
    compiler.arguments = ["cc", "-pthread", folder.path + "/headless.c", "-o", folder.path + "/headless"]
    try compiler.run()
    compiler.waitUntilExit()
    let process = Process()
    process.executableURL = folder.appending(path: "headless")
    process.environment = variables
    try process.run()
    return process
}

/// Whether the first thread of `pid` is over, once it is.
func isHeadless(_ pid: Int32) async -> Bool {
    for _ in 0..<500 {
        if case .there(let entry) = Processes().look(pid), entry.isHeadless { return !entry.isOver }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return false
}
