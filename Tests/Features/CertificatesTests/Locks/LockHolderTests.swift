import Foundation
import Testing

@testable import StewardCertificates

@Suite struct LockHolderTests {
    private static let now = Date(timeIntervalSince1970: 2_000_000_000)

    private func holder(
        _ command: String, age: TimeInterval = 60, state: Character = "S", waitsIn: String? = "hrtimer_nanosleep",
        terminal: Bool = false, sockets: Int = 0, children: [[String]] = [], cgroup: [String] = []
    ) -> LockHolder {
        LockHolder(
            ProcessFacts(
                pid: 812, command: command.split(separator: " ").map(String.init),
                since: Self.now.addingTimeInterval(-age), state: state, waitsIn: waitsIn, hasTerminal: terminal,
                sockets: sockets, children: children, cgroup: cgroup), now: Self.now)
    }

    @Test func aRenewalWithoutATerminalSleepsForUpToEightMinutes() {
        let holder = holder("/usr/bin/python3 /usr/bin/certbot renew -q")
        #expect(holder.activity == "sleeping before it renews")
        #expect(holder.advice[0].contains("up to 8 minutes") && holder.advice[0].contains("420 s"))
    }

    @Test(arguments: [
        ("certbot renew --no-random-sleep-on-renew", 60, false), ("certbot renew", 600, false),
        ("certbot renew", 60, true),
        ("certbot certonly", 60, false),
    ])
    func nobodyElseSleepsFirst(command: String, age: Double, terminal: Bool) {
        #expect(holder(command, age: age, terminal: terminal).activity == "waiting")
    }

    @Test func aHookIsNamed() {
        let holder = holder("certbot renew", children: [["sh", "-c", "systemctl reload postfix"]])
        #expect(holder.activity == "running `sh -c systemctl reload postfix` (a hook or plugin)")
    }

    @Test func theOtherStatesAreTold() {
        #expect(holder("certbot renew", state: "T").activity == "stopped")
        #expect(holder("certbot certonly", sockets: 1).activity == "talking to the network")
        #expect(
            holder("certbot certonly", waitsIn: "n_tty_read", terminal: true).activity.contains(
                "answer at its terminal"))
        #expect(holder("certbot certonly", state: "R", waitsIn: nil).activity == "working")
        #expect(holder("certbot renew", waitsIn: nil).activity == "sleeping before it renews")
    }

    @Test func noAdviceIsToTakeTheFileAway() {
        let all = [
            holder("certbot renew"), holder("certbot certonly"), holder("x", state: "T"), holder("x", sockets: 2),
        ]
        for holder in all {
            let text = holder.sentences.joined().lowercased()
            #expect(!text.contains("delete") && !text.contains("remove") && text.contains("leave the lock file"))
        }
    }

    @Test(arguments: [
        (
            "0::/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
            "docker 0123456789ab"
        ),
        ("12:cpu:/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "docker 0123456789ab"),
        (
            "0::/machine.slice/libpod-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope/container",
            "libpod 0123456789ab"
        ),
        (
            "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
            "cri 0123456789ab"
        ),
        ("0::/lxc.payload.web/system.slice/cron.service", "web"), ("0::/machine.slice/machine-web.scope", "web"),
        ("0::/user.slice/user-0.slice/session-1.scope", nil), ("", nil),
    ])
    func theContainerIsReadFromTheCgroup(line: String, container: String?) {
        #expect(holder("certbot", cgroup: [line]).container == container)
    }

    @Test func theKernelsListIsReadByDeviceAndInode() {
        let text = """
            1: POSIX  ADVISORY  WRITE 812 fe:01:131093 0 EOF
            1: -> POSIX  ADVISORY  WRITE 900 fe:01:131093 0 EOF
            2: FLOCK  ADVISORY  WRITE 77 fe:01:55 0 EOF
            3: OFDLCK ADVISORY  WRITE -1 fe:01:66 0 EOF
            4: damaged
            """
        let locks = KernelLocks(text: text)
        func holder(_ inode: UInt64) -> Int32? {
            locks.holder(of: FileKey(device: 0xFE01, inode: inode))
        }
        #expect(holder(131_093) == 812 && holder(55) == nil && holder(66) == -1 && holder(1) == nil)
    }
}
