import Foundation
import Glibc
import StewardCertificates
import Testing

/// Another process that locks as certbot does: Python's `fcntl.lockf` on `.certbot.lock`.
private final class OtherProcess {
    private let process = Process()
    private let input = Pipe(), output = Pipe()

    init(folder: String) throws {
        let script = """
            import fcntl, os, sys
            f = os.open(sys.argv[1] + "/.certbot.lock", os.O_CREAT | os.O_WRONLY, 0o600)
            fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            print("locked", flush=True)
            sys.stdin.readline()
            os.remove(sys.argv[1] + "/.certbot.lock")
            """
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, folder, "certbot", "renew"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        #expect(output.fileHandleForReading.readData(ofLength: 7) == Data("locked\n".utf8))
    }

    var pid: Int32 { process.processIdentifier }

    func release() {
        input.fileHandleForWriting.closeFile()
        process.waitUntilExit()
    }
}

@Suite struct CertbotLocksTests {
    private func status(_ tree: ScratchTree) -> LockState.Status? {
        LockReader().read([tree.tree], work: [], logs: [], servers: []).first?.status
    }

    private func holder(_ tree: ScratchTree) -> LockHolder? {
        if case .held(let holder)? = status(tree) { holder } else { nil }
    }

    @Test func aFileThatNobodyHoldsIsFreeAndBlocksNothing() async throws {
        let tree = try ScratchTree()
        #expect(status(tree) == .free)
        try tree.write(".certbot.lock", "")
        #expect(status(tree) == .free && tree.has(".certbot.lock"))
        let locks = try await CertbotLocks(folders: [tree.path, tree.path + "/missing"], patience: .zero)
        #expect(holder(tree)?.pid == getpid())
        locks.release()
        #expect(!tree.has(".certbot.lock") && status(tree) == .free)
    }

    @Test func anotherProcessIsNamedAndWaitedFor() async throws {
        let tree = try ScratchTree("a")
        let other = try OtherProcess(folder: tree.path)
        let found = try #require(holder(tree))
        #expect(found.pid == other.pid && found.command.suffix(2) == ["certbot", "renew"])
        #expect(abs(try #require(found.since).timeIntervalSinceNow) < 60)
        let before = tree.snapshot
        let error = await refusal { try await tree.prune() }
        #expect(error?.code == .locked && error?.description.contains("Process \(other.pid)") == true)
        #expect(tree.snapshot == before)
        var patient = tree.quarantine
        patient.patience = .seconds(30)
        let basis = tree.basis()
        async let waiting = patient.prune(.make(basis)) { basis }
        try await Task.sleep(for: .milliseconds(300))
        other.release()
        #expect(try await waiting.count == 1)
    }

    @Test func aProcessDoesNotTakeItsOwnLocksTwiceNorLoseThemByReading() async throws {
        let tree = try ScratchTree()
        let locks = try await CertbotLocks(folders: [tree.path], patience: .zero)
        let error = await refusal { _ = try await CertbotLocks(folders: [tree.path], patience: .milliseconds(150)) }
        #expect(error?.code == .locked)
        for _ in 0..<3 { #expect(holder(tree)?.pid == getpid()) }
        let other = Process()
        other.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        other.arguments = [
            "python3", "-c",
            "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)",
            tree.path + "/.certbot.lock",
        ]
        other.standardError = FileHandle.nullDevice
        try other.run()
        other.waitUntilExit()
        #expect(other.terminationStatus == 1)
        locks.release()
    }

    @Test func aLockThatIsASymlinkOrAFIFOIsNotTouched() async throws {
        let tree = try ScratchTree()
        try tree.write("target", "precious")
        try tree.link(".certbot.lock", to: "target")
        #expect(await refusal { _ = try await CertbotLocks(folders: [tree.path], patience: .zero) }?.code == .system)
        #expect(try String(contentsOfFile: tree.path + "/target", encoding: .utf8) == "precious")
        guard case .unknown? = status(tree) else { return #expect(Bool(false), "a symlink is no lock") }
        unlink(tree.path + "/.certbot.lock")
        mkfifo(tree.path + "/.certbot.lock", 0o600)
        guard case .unknown? = status(tree) else { return #expect(Bool(false), "a FIFO is no lock") }
    }
}
