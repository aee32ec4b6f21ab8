import Glibc
import Testing

@testable import StewardSandbox

@Suite struct CgroupMountsTests {
    @Test func foldersOfVersionTwoComeFromItsMount() {
        let mounts = CgroupMounts(
            cgroup: "0::/system.slice/steward.service\n",
            mountinfo: "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n")
        #expect(mounts.unified == "/sys/fs/cgroup/system.slice/steward.service")
        #expect(mounts.byController.isEmpty)
    }

    @Test func aContainersRootIsTakenOffThePath() {
        let mounts = CgroupMounts(
            cgroup: "4:memory:/docker/abc/inner\n9:pids:/docker/abc\n",
            mountinfo: """
                31 30 0:27 /docker/abc /sys/fs/cgroup/memory ro shared:5 - cgroup cgroup rw,memory
                32 30 0:28 /docker/abc /sys/fs/cgroup/a\\040b rw - cgroup cgroup rw,pids
                """)
        #expect(mounts.unified == nil)
        #expect(mounts.byController == ["memory": "/sys/fs/cgroup/memory/inner", "pids": "/sys/fs/cgroup/a b"])
    }

    @Test func aGroupOutsideOfTheMountIsNotFound() {
        let mounts = CgroupMounts(
            cgroup: "4:memory:/elsewhere\n0::/\n", mountinfo: "31 30 0:27 /docker/abc /m rw - cgroup cgroup rw,memory\n"
        )
        #expect(mounts == CgroupMounts(cgroup: "", mountinfo: ""))
    }

    @Test func controllersThatShareAHierarchyShareAFolder() {
        let mounts = CgroupMounts(
            cgroup: "3:cpu,cpuacct:/\n", mountinfo: "31 30 0:27 / /c rw - cgroup cgroup rw,cpu,cpuacct\n")
        #expect(mounts.byController["cpu"] == "/c" && mounts.byController["cpuacct"] == "/c")
    }
}

/// Groups that this machine makes; each test's is removed by it.
@Suite(.enabled(if: (try? Cgroups.find()) != nil, "this machine has no control groups to write to"))
struct ZoneCgroupTests {
    let groups: Cgroups

    init() throws { groups = try Cgroups.find() }

    /// Runs `script` in Python inside the group; how it ended, as waitpid(2) says it.
    private func run(_ script: String, in group: ZoneCgroup) -> Int32 {
        let join = group.folders.map { folder in "echo $$ > '\(folder)/cgroup.procs' && " }.joined()
        let command = join + "exec /usr/bin/python3 -I -c \"$0\""
        let words: [String] = ["sh", "-c", command, script]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        var status: Int32 = 0
        guard posix_spawn(&process, "/bin/sh", nil, nil, arguments, environ) == 0 else { return -1 }
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }

    private func remove(_ group: ZoneCgroup) {
        for _ in 0..<100 where !group.remove() { usleep(10_000) }
        #expect(group.folders.allSatisfy { access($0, F_OK) != 0 })
    }

    @Test func whoeverUsesMoreMemoryThanTheGroupHasIsEndedAndThatIsCounted() throws {
        guard groups.controllers.contains(.memory) else { return }
        let group = try ZoneCgroup("/test/memory", in: groups, limits: CgroupLimits(memory: 64 << 20))
        defer { remove(group) }
        #expect(group.missing == [])
        #expect(run("x = bytearray(16 << 20)", in: group) == 0)
        #expect(group.memoryKills == 0)
        #expect(run("x = bytearray(256 << 20)", in: group) == SIGKILL)
        #expect(group.memoryKills == 1)
    }

    @Test func aGroupHasNoMoreProcessesThanItsLimit() throws {
        guard groups.controllers.contains(.pids) else { return }
        let group = try ZoneCgroup("/test/pids", in: groups, limits: CgroupLimits(processes: 5))
        defer { remove(group) }
        let bomb = """
            import os, time
            made = 0
            try:
                while made < 50:
                    if os.fork() == 0: time.sleep(60)
                    made += 1
            except OSError: pass
            os._exit(made)
            """
        #expect(run(bomb, in: group) >> 8 == 4)
    }

    @Test func whatRunsInAGroupEndsWhenItIsRemoved() throws {
        let group = try ZoneCgroup("/test/end", in: groups, limits: CgroupLimits())
        #expect(run("import os, time\nif os.fork() == 0: time.sleep(60)", in: group) == 0)
        #expect(CgroupFile.read(group.folders[0] + "/cgroup.procs") != "")
        remove(group)
    }

    @Test func aZoneThatIsReplacedKeepsItsGroupWhileTheNextHasOne() throws {
        let first = try ZoneCgroup("/test/anew", in: groups, limits: CgroupLimits(memory: 64 << 20, processes: 8))
        let second = try ZoneCgroup("/test/anew", in: groups, limits: CgroupLimits(memory: 96 << 20, processes: 9))
        #expect(Set(first.folders).isDisjoint(with: second.folders) && second.missing == [])
        remove(first)
        #expect(run("pass", in: second) == 0)
        remove(second)
    }
}
