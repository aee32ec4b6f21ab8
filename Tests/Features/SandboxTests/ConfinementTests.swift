import CLinux
import Glibc
import StewardSandbox
import Testing

private let isRoot = geteuid() == 0
private let landlock = (try? MachineDefences.probe(launcher: Launched.launcher).landlock) ?? 0

/// What a program beneath steward-launch can't do, tried for real.
@Suite struct ConfinementTests {
    /// A folder that may be read, one that may be written, and a file outside both.
    private struct Place {
        let root: String
        var readable: String { root + "/read" }
        var writable: String { root + "/write" }
        var outside: String { root + "/outside" }

        init() throws {
            root = "/tmp/steward-confinement-\(getpid())-\(UInt32.random(in: 0 ... .max))"
            for folder in [root, readable, writable] { mkdir(folder, 0o755) }
            chmod(writable, 0o777)
            for file in [readable + "/file", outside] {
                let opened = open(file, O_CREAT | O_WRONLY, 0o666)
                write(opened, "content", 7)
                fchmod(opened, 0o666)
                close(opened)
            }
        }

        func remove() { _ = try? Launched.removeTree(root) }

        var policy: SandboxPolicy {
            var policy = Launched.policy
            policy.readable.append(readable)
            policy.writable = [writable]
            return policy
        }
    }

    @Test(.enabled(if: landlock >= 3, "this kernel's Landlock is older than version 3"))
    func filesAreReadWrittenAndMadeOnlyWhereThePolicySays() throws {
        let place = try Place()
        defer { place.remove() }
        let answers = try Launched.attempts(
            place.policy,
            """
            import shutil
            r, w, o = '\(place.readable)', '\(place.writable)', '\(place.outside)'
            attempt('read', lambda: open(r + '/file').read())
            attempt('list', lambda: os.listdir(r))
            attempt('read-outside', lambda: open(o).read())
            attempt('list-outside', lambda: os.listdir('\(place.root)'))
            attempt('write-readable', lambda: open(r + '/file', 'a'))
            attempt('make-readable', lambda: open(r + '/new', 'w'))
            attempt('remove-readable', lambda: os.unlink(r + '/file'))
            attempt('truncate-readable', lambda: os.truncate(r + '/file', 0))
            attempt('trunc-flag', lambda: os.open(r + '/file', os.O_RDONLY | os.O_TRUNC))
            attempt('truncate-outside', lambda: os.truncate(o, 0))
            attempt('make', lambda: open(w + '/new', 'w').write('x' * 100))
            attempt('folder', lambda: os.makedirs(w + '/a/b'))
            attempt('rename', lambda: os.rename(w + '/new', w + '/a/b/new'))
            attempt('truncate', lambda: os.truncate(w + '/a/b/new', 3))
            attempt('symlink', lambda: os.symlink(o, w + '/link'))
            attempt('through-symlink', lambda: open(w + '/link').read())
            attempt('hardlink', lambda: os.link(r + '/file', w + '/hard'))
            attempt('hardlink-outside', lambda: os.link(o, w + '/hard'))
            attempt('rename-out', lambda: os.rename(w + '/a/b/new', r + '/new'))
            attempt('fifo', lambda: os.mkfifo(w + '/fifo'))
            attempt('remove', lambda: shutil.rmtree(w + '/a'))
            attempt('char', lambda: os.mknod(w + '/null', 0o20666, os.makedev(1, 3)))
            attempt('block', lambda: os.mknod(w + '/disk', 0o60666, os.makedev(7, 0)))
            attempt('null', lambda: open('/dev/null', 'w').write('x'))
            attempt('zero', lambda: open('/dev/zero'))
            attempt('environ', lambda: open('/proc/%d/environ' % os.getppid()).read())
            attempt('proc-root', lambda: open('/proc/self/root\(place.outside)').read())
            """)
        let allowed = Set(answers.filter { $0.value == "allowed" }.keys)
        #expect(
            allowed == [
                "read", "list", "make", "folder", "rename", "truncate", "symlink", "fifo", "remove", "null",
            ], "\(answers)")
        #expect(answers.count == 27)
        #expect(contents(place.outside) == "content")
    }

    @Test func ownersModesTimesAndAttributesOfTheServersFilesStay() throws {
        let place = try Place()
        defer { place.remove() }
        let answers = try Launched.attempts(
            place.policy,
            """
            f = '\(place.readable)/file'
            d = os.open(f, os.O_RDONLY)
            attempt('chmod', lambda: os.chmod(f, 0))
            attempt('fchmod', lambda: os.fchmod(d, 0))
            attempt('fchmodat', lambda: os.chmod('file', 0, dir_fd=os.open('\(place.readable)', os.O_RDONLY)))
            attempt('fchmodat2', lambda: call(452, -100, f.encode(), 0, 0))
            attempt('chown', lambda: os.chown(f, os.getuid(), os.getgid()))
            attempt('fchown', lambda: os.fchown(d, os.getuid(), os.getgid()))
            attempt('lchown', lambda: os.lchown(f, os.getuid(), os.getgid()))
            attempt('utime', lambda: os.utime(f, (0, 0)))
            attempt('futimens', lambda: os.utime(d, (0, 0)))
            attempt('setxattr', lambda: os.setxattr(f, 'user.x', b'y'))
            attempt('fsetxattr', lambda: os.setxattr(d, 'user.x', b'y'))
            attempt('removexattr', lambda: os.removexattr(f, 'user.x'))
            import fcntl
            attempt('setflags', lambda: fcntl.ioctl(d, 0x40086602, b'\\0' * 8))
            attempt('verity', lambda: fcntl.ioctl(d, 0x40806685, b'\\0' * 128))
            attempt('subvolume', lambda: fcntl.ioctl(d, 0x5000940e, b'\\0' * 1024))
            """)
        #expect(answers.count == 15 && answers.values.allSatisfy { $0 == "EPERM" }, "\(answers)")
    }

    @Test func callsThatReachPastTheSandboxAreRefused() throws {
        // On x86-64, then aarch64; the same number from 424 on.
        let calls: [(String, Int, Int)] = [
            ("ptrace", 101, 117), ("process_vm_readv", 310, 270), ("process_vm_writev", 311, 271), ("kcmp", 312, 272),
            ("process_madvise", 440, 440), ("pidfd_getfd", 438, 438), ("mount", 165, 40), ("umount2", 166, 39),
            ("pivot_root", 155, 41), ("chroot", 161, 51), ("open_tree", 428, 428), ("move_mount", 429, 429),
            ("fsopen", 430, 430), ("fsconfig", 431, 431), ("fsmount", 432, 432), ("fspick", 433, 433),
            ("mount_setattr", 442, 442), ("swapon", 167, 224), ("reboot", 169, 142), ("kexec_load", 246, 104),
            ("kexec_file_load", 320, 294), ("init_module", 175, 105), ("finit_module", 313, 273),
            ("delete_module", 176, 106), ("bpf", 321, 280), ("perf_event_open", 298, 241), ("keyctl", 250, 219),
            ("add_key", 248, 217), ("request_key", 249, 218), ("unshare", 272, 97), ("setns", 308, 268),
            ("io_uring_setup", 425, 425), ("io_uring_enter", 426, 426), ("io_uring_register", 427, 427),
            ("userfaultfd", 323, 282), ("open_by_handle_at", 304, 265), ("name_to_handle_at", 303, 264),
            ("fanotify_init", 300, 262), ("inotify_add_watch", 254, 27), ("quotactl", 179, 60), ("acct", 163, 89),
            ("settimeofday", 164, 170), ("clock_settime", 227, 112), ("clock_adjtime", 305, 266),
            ("adjtimex", 159, 171),
            ("sethostname", 170, 161), ("setdomainname", 171, 162), ("syslog", 103, 116), ("vhangup", 153, 58),
            ("move_pages", 279, 239), ("migrate_pages", 256, 238), ("setuid", 105, 146), ("setgid", 106, 144),
            ("setresuid", 117, 147), ("setresgid", 119, 149), ("setgroups", 116, 159), ("setreuid", 113, 145),
            ("setregid", 114, 143), ("setfsuid", 122, 151), ("setfsgid", 123, 152), ("shmget", 29, 194),
            ("semget", 64, 190), ("msgget", 68, 186), ("mq_open", 240, 180), ("listen", 50, 201),
        ]
        #if arch(x86_64)
            let numbers = calls.map { ($0.0, $0.1) } + [("iopl", 172), ("ioperm", 173), ("modify_ldt", 154)]
        #else
            let numbers = calls.map { ($0.0, $0.2) }
        #endif
        let script = numbers.map { "attempt('\($0.0)', lambda: call(\($0.1), 0, 0, 0, 0, 0))" }.joined(separator: "\n")
        let answers = try Launched.attempts(Launched.policy, script)
        #expect(answers.count == numbers.count && answers.values.allSatisfy { $0 == "EPERM" }, "\(answers)")
    }

    @Test func callsAreRefusedByTheirArguments() throws {
        let answers = try Launched.attempts(
            Launched.policy,
            """
            import fcntl, resource
            NEW = dict(ns=0x20000, cgroup=0x2000000, uts=0x4000000, ipc=0x8000000, user=0x10000000, pid=0x20000000, net=0x40000000)
            clone = 220 if os.uname().machine == 'aarch64' else 56
            for name, flag in NEW.items():
                attempt('clone-' + name, lambda: call(clone, flag | 17, 0, 0, 0, 0))
            attempt('clone3', lambda: call(435, 0, 0))
            attempt('fork', lambda: os.waitpid(os.fork() or os._exit(0), 0))
            attempt('prlimit', lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE))
            attempt('own-limit', lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10)))
            attempt('raise-limit', lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (500, 500)))
            attempt('nice-other', lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19))
            attempt('nice-user', lambda: os.setpriority(os.PRIO_USER, 0, 19))
            attempt('nice', lambda: os.nice(1))
            attempt('affinity-other', lambda: os.sched_setaffinity(os.getppid(), {0}))
            attempt('affinity', lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)))
            personality = 92 if os.uname().machine == 'aarch64' else 135
            attempt('personality', lambda: call(personality, 0x40000))
            attempt('ask-personality', lambda: call(personality, 0xffffffff))
            attempt('type', lambda: fcntl.ioctl(0, 0x5412, b'x'))
            attempt('unknown', lambda: call(470, 0))
            attempt('far', lambda: call(5000, 0))
            """)
        let refused = answers.filter { $0.value != "allowed" }
        #expect(
            Set(answers.keys).subtracting(refused.keys) == ["fork", "own-limit", "nice", "affinity", "ask-personality"])
        #expect(refused["clone3"] == "ENOSYS" && refused["unknown"] == "ENOSYS" && refused["far"] == "ENOSYS")
        for name in ["ns", "cgroup", "uts", "ipc", "user", "pid", "net"] {
            #expect(refused["clone-\(name)"] == "EPERM")
        }
        #expect(answers.count == 22, "\(answers)")
    }

    #if arch(x86_64)
        @Test func otherNumbersForTheSameCallsEndTheProcess() throws {
            let script = "import ctypes; ctypes.CDLL(None).syscall(0x40000000 | 39); print('alive')"
            let (code, output) = try Launched.run(Launched.policy, ["/usr/bin/python3", "-I", "-S", "-c", script])
            #expect(code == 128 + SIGSYS && output == "")
        }
    #endif

    @Test(.enabled(if: landlock >= 6, "this kernel's Landlock doesn't cover signals (version 6)"))
    func signalsReachOnlyWhatIsInside() throws {
        let answers = try Launched.attempts(
            Launched.policy,
            """
            attempt('self', lambda: os.kill(os.getpid(), 0))
            attempt('supervisor', lambda: os.kill(os.getppid(), signal.SIGKILL))
            attempt('server', lambda: os.kill(\(getpid()), 0))
            attempt('queue', lambda: signal.pidfd_send_signal(os.pidfd_open(\(getpid())), 0))
            child = os.fork() or signal.pause()
            attempt('child', lambda: os.kill(child, signal.SIGKILL))
            """)
        #expect(answers.filter { $0.value == "allowed" }.keys.sorted() == ["child", "self"], "\(answers)")
        #expect(answers.count == 5)
    }

    @Test(.enabled(if: isRoot, "only root may become another user"))
    func theProgramRunsAsThePolicysUserWithNoGroupsAndNoWayBack() throws {
        var policy = Launched.policy
        policy.identity = .init(user: 54321, group: 54322)
        let (code, output) = try Launched.shell(
            policy, "id -u; id -g; id -G; umask; grep -E '^(Cap|NoNewPrivs)' /proc/self/status")
        let lines = output.split(separator: "\n").map(String.init)
        #expect(code == 0 && lines.prefix(4) == ["54321", "54322", "54322", "0022"])
        #expect(lines.filter { $0.hasPrefix("Cap") }.allSatisfy { $0.hasSuffix("\t0000000000000000") })
        #expect(lines.contains("NoNewPrivs:\t1"))
        let answers = try Launched.attempts(
            policy,
            """
            attempt('kill', lambda: os.kill(\(getpid()), 0))
            attempt('chmod', lambda: os.chmod('/etc/passwd', 0o777))
            """)
        #expect(answers == ["kill": "EPERM", "chmod": "EPERM"])
    }

    @Test(.enabled(if: isRoot, "only root may become another user"))
    func onFilesOfItsOwnUserTheProgramMaySetModes() throws {
        let place = try Place()
        defer { place.remove() }
        var policy = place.policy
        policy.identity = .init(user: 54321, group: 54321)
        let (code, output) = try Launched.shell(
            policy,
            "cd \(place.writable) && touch mine && chmod 700 mine && touch -d 2000-01-01 mine && stat -c '%a %Y' mine")
        #expect(code == 0 && output == "700 946684800\n", "\(output)")
    }

    @Test func noCapabilityIsLeftEvenToRoot() throws {
        let (_, output) = try Launched.shell(Launched.policy, "grep -E '^Cap(Prm|Eff|Amb|Inh)' /proc/self/status")
        #expect(output.split(separator: "\n").count == 4)
        #expect(output.split(separator: "\n").allSatisfy { $0.hasSuffix("\t0000000000000000") }, "\(output)")
    }
}

private func contents(_ path: String) -> String {
    let opened = open(path, O_RDONLY)
    defer { close(opened) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    return String(decoding: buffer[..<max(0, read(opened, &buffer, 4096))], as: UTF8.self)
}
