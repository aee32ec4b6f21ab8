import Testing

@testable import StewardSandbox

@Suite struct DefenceReportTests {
    private static let everything = """
        user\t0\t
        identity\tyes\t
        privileges\tyes\t
        limits\tyes\t
        landlock\t7\t
        calls\tyes\t
        supervision\tyes\t
        namespace-user\tyes\t
        namespace-mount\tyes\t
        namespace-pid\tyes\t
        namespace-net\tyes\t
        namespace-ipc\tyes\t
        """

    private func machine(_ change: (inout MachineDefences) -> Void = { _ in }) throws -> MachineDefences {
        var machine = try MachineDefences(parsing: Self.everything)
        change(&machine)
        return machine
    }

    private var whole: SandboxPolicy {
        var policy = SandboxPolicy()
        policy.identity = .init(user: 9000, group: 9000)
        policy.network = .none
        return policy
    }

    private var cgroups: Result<Cgroups, Cgroups.Absence> {
        .success(Cgroups([.init(folder: "/sys/fs/cgroup/steward", isUnified: true, controllers: [.memory, .pids])]))
    }

    private func line(_ defence: Defence, _ policy: SandboxPolicy, _ machine: MachineDefences) -> DefenceReport.Line? {
        DefenceReport(policy: policy, machine: machine, cgroups: cgroups).lines.first { $0.defence == defence }
    }

    @Test func aMachineThatCanDoEverythingMissesNothing() throws {
        let report = DefenceReport(policy: whole, machine: try machine(), cgroups: cgroups)
        #expect(report.lines.map(\.defence) == Defence.allCases)
        #expect(report.missing == [])
    }

    @Test func whatIsMissingHasASentenceAndAWayOut() throws {
        let bare = try machine {
            $0.landlock = 0
            $0.identity = .init(works: false, detail: "no right")
            for space in SandboxNamespace.allCases {
                $0.namespaces[space] = .init(works: false, detail: "not permitted")
            }
            $0.calls = .init(works: false, detail: "no filters")
        }
        let report = DefenceReport(policy: whole, machine: bare, cgroups: .failure(Cgroups.Absence("It is read-only.")))
        #expect(
            report.missing.map(\.defence) == [
                .identity, .files, .ports, .signals, .calls, .processes, .mounts, .network, .ipc, .cgroup,
            ])
        #expect(report.missing.allSatisfy { !$0.sentence.isEmpty && $0.remedy?.isEmpty == false })
        #expect(report.missing.last?.sentence == "It is read-only.")
    }

    @Test func landlockIsJudgedByItsVersion() throws {
        var policy = whole
        policy.namespaces = []
        for (version, missing) in [(1, [Defence.ports, .signals]), (4, [.signals]), (6, [])] {
            let report = DefenceReport(policy: policy, machine: try machine { $0.landlock = version }, cgroups: cgroups)
            #expect(report.missing.map(\.defence) == missing)
        }
    }

    @Test func aProcessTableOfItsOwnKeepsSignalsInside() throws {
        #expect(line(.signals, whole, try machine { $0.landlock = 6 })?.sentence.contains("can't be named") == true)
        let old = line(.signals, whole, try machine { $0.landlock = 1 })
        #expect(old?.state == .missing && old?.sentence.contains("workers can signal each other") == true)
    }

    @Test func theServersUserAsTheZonesIsNoDefence() throws {
        var policy = whole
        policy.identity = nil
        #expect(line(.identity, policy, try machine())?.sentence == "scripts run as the server's user (uid 0)")
        #expect(line(.limits, policy, try machine())?.state == .missing)
        policy.identity = .init(user: 500, group: 500)
        #expect(line(.identity, policy, try machine { $0.user = 500 })?.state == .missing)
    }

    @Test func whatThePolicyDoesNotWantIsNotMissing() throws {
        var policy = whole
        policy.network = .outbound
        policy.namespaces = [.pid]
        let report = DefenceReport(policy: policy, machine: try machine(), cgroups: cgroups)
        #expect(report.lines.filter { $0.state == .unused }.map(\.defence) == [.mounts, .network, .ipc])
    }

    @Test func aProbeOfThisMachineIsRead() throws {
        let machine = try MachineDefences.probe(launcher: Launched.launcher)
        #expect(machine.privileges.works && machine.limits.works && machine.supervision.works)
        #expect(machine.namespaces.count == SandboxNamespace.allCases.count)
    }

    @Test func whatIsNoProbeIsRefused() {
        #expect(throws: MachineDefences.Unreadable.self) { try MachineDefences(parsing: "user\t0\t") }
        #expect(throws: MachineDefences.Unreadable.self) { try MachineDefences(parsing: "hello") }
        #expect(throws: MachineDefences.Unreadable.self) { try MachineDefences.probe(launcher: "/bin/true") }
        #expect(throws: MachineDefences.Unreadable.self) { try MachineDefences.probe(launcher: "/nowhere") }
    }

    @Test func aMissingLauncherIsNamedWithTheWayOut() {
        let error = #expect(throws: SandboxLauncher.Missing.self) {
            try SandboxLauncher.locate(for: "/opt/x/bin/steward")
        }
        #expect(
            error?.places == [
                "/opt/x/bin/steward-launch", "/opt/x/libexec/steward/steward-launch",
                "/opt/x/share/steward/steward-launch",
            ])
        #expect(error?.description.contains("make build") == true)
    }

    @Test func groupsThatCanNotLimitMemoryAreNoDefence() throws {
        let partly = Cgroups([.init(folder: "/sys/fs/cgroup/pids", isUnified: false, controllers: [.pids, .cpu])])
        let report = DefenceReport(policy: whole, machine: try machine(), cgroups: .success(partly))
        #expect(report.missing.map(\.defence) == [.cgroup])
        #expect(report.missing.first?.sentence == "/sys/fs/cgroup/pids can't limit memory")
    }
}
