/// Which defences hold for one policy on this machine, and what to do about those that don't.
package struct DefenceReport: Hashable, Sendable {
    /// One defence.
    package struct Line: Hashable, Sendable {
        /// How it stands.
        package enum State: String, Hashable, Sendable, Codable {
            /// In force.
            case holds
            /// Wanted and not to be had.
            case missing
            /// The policy has no use for it.
            case unused
        }

        /// Which.
        package var defence: Defence
        /// How it stands.
        package var state: State
        /// That in a sentence.
        package var sentence: String
        /// The way out, where it is missing.
        package var remedy: String?
    }

    /// Every defence, in the order of `Defence`.
    package var lines: [Line]

    /// What doesn't hold although it is wanted.
    package var missing: [Line] { lines.filter { $0.state == .missing } }

    /// The report. `cgroups`: where a group of the zone can be made, or why none can.
    package init(
        policy: SandboxPolicy, machine: MachineDefences, cgroups: Result<Cgroups, Cgroups.Absence>
    ) {
        let judge = DefenceJudge(policy: policy, machine: machine, cgroups: cgroups)
        lines = Defence.allCases.map(judge.line)
    }
}

/// What decides about each defence.
private struct DefenceJudge {
    typealias Line = DefenceReport.Line

    let policy: SandboxPolicy
    let machine: MachineDefences
    let cgroups: Result<Cgroups, Cgroups.Absence>

    func line(_ defence: Defence) -> Line {
        switch defence {
        case .identity: identity
        case .privileges:
            tried(
                .privileges, machine.privileges, "no_new_privs, and no capability is left", "run on Linux 5.13 or later"
            )
        case .limits: limits
        case .files:
            landlock(
                .files, from: 1, "only the zone's paths may be opened (Landlock \(machine.landlock))", "Linux 5.13")
        case .ports:
            landlock(.ports, from: 4, "TCP ports by Landlock \(machine.landlock)", "Linux 6.7")
        case .signals: signals
        case .calls:
            tried(.calls, machine.calls, "system calls and sockets are filtered (seccomp)", seccompRemedy)
        case .supervision:
            tried(
                .supervision, machine.supervision, "every process of the zone can be ended",
                "mount /proc without hidepid")
        case .processes: space(.processes, .pid, "processes outside the zone are not seen")
        case .mounts: space(.mounts, .mount, "a file tree of the zone's own")
        case .network: network
        case .ipc: space(.ipc, .ipc, "message queues and shared memory of the zone's own")
        case .cgroup: cgroup
        }
    }

    private func tried(
        _ defence: Defence, _ finding: MachineDefences.Finding, _ sentence: String, _ remedy: String
    ) -> Line {
        finding.works
            ? Line(defence: defence, state: .holds, sentence: sentence)
            : Line(defence: defence, state: .missing, sentence: finding.detail, remedy: remedy)
    }

    private var seccompRemedy: String { "run a kernel with CONFIG_SECCOMP_FILTER" }

    private var identity: Line {
        guard let identity = policy.identity else {
            let change =
                machine.identity.works
                ? "give the zone a user of its own: 'user:'"
                : "start the server as root or with CAP_SETUID and CAP_SETGID, and give the zone a user: 'user:'"
            return Line(
                defence: .identity, state: .missing, sentence: "scripts run as the server's user (uid \(machine.user))",
                remedy: change)
        }
        guard machine.identity.works || identity.user == machine.user else {
            return Line(
                defence: .identity, state: .missing,
                sentence: "the server may not become uid \(identity.user) (\(machine.identity.detail))",
                remedy: "start the server as root or with CAP_SETUID and CAP_SETGID")
        }
        guard identity.user != machine.user else {
            return Line(
                defence: .identity, state: .missing, sentence: "the zone's user is the server's (uid \(machine.user))",
                remedy: "name another user in 'user:'")
        }
        return Line(defence: .identity, state: .holds, sentence: "uid \(identity.user), gid \(identity.group)")
    }

    private var limits: Line {
        guard machine.limits.works else {
            return Line(
                defence: .limits, state: .missing, sentence: machine.limits.detail,
                remedy: "raise the hard limits that the server is started with")
        }
        guard (policy.identity?.user ?? machine.user) != 0 else {
            return Line(
                defence: .limits, state: .missing,
                sentence: "the kernel doesn't count the processes of root: a fork bomb is not stopped by a limit",
                remedy: "give the zone a user of its own: 'user:'")
        }
        return Line(defence: .limits, state: .holds, sentence: "memory, descriptors, processes and files are limited")
    }

    private func landlock(_ defence: Defence, from version: Int, _ sentence: String, _ kernel: String) -> Line {
        if machine.landlock >= version { return Line(defence: defence, state: .holds, sentence: sentence) }
        let found =
            machine.landlock == 0
            ? "there is no Landlock (\(machine.landlockDetail))"
            : "Landlock is version \(machine.landlock) and \(version) is needed"
        return Line(
            defence: defence, state: .missing, sentence: found,
            remedy: "run \(kernel) or later with Landlock among the security modules (lsm= at boot)")
    }

    private var signals: Line {
        let kernel = "Linux 6.12"
        guard policy.namespaces.contains(.pid), machine.namespaces[.pid]?.works == true else {
            return landlock(.signals, from: 6, "no signals to processes outside (Landlock \(machine.landlock))", kernel)
        }
        let table = "processes outside can't be named: a process table of the zone's own"
        var line = landlock(.signals, from: 6, table, kernel)
        if line.state == .missing {
            line.sentence = "\(table); but the zone's workers can signal each other, as \(line.sentence)"
        }
        return line
    }

    private func space(_ defence: Defence, _ space: SandboxNamespace, _ sentence: String) -> Line {
        guard policy.namespaces.contains(space) else {
            return Line(defence: defence, state: .unused, sentence: "turned off in the settings")
        }
        guard let finding = machine.namespaces[space], !finding.works else {
            return Line(defence: defence, state: .holds, sentence: sentence)
        }
        return Line(
            defence: defence, state: .missing, sentence: "no \(space.rawValue) namespace: \(finding.detail)",
            remedy: "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces, "
                + "kernel.apparmor_restrict_unprivileged_userns=0; in a container its seccomp profile), or start the server as root"
        )
    }

    private var network: Line {
        guard policy.network == .none else {
            return Line(defence: .network, state: .unused, sentence: "the zone may use the network")
        }
        return space(.network, .net, "an empty network of the zone's own")
    }

    private var cgroup: Line {
        let remedy = "start the server by systemd with Delegate=yes, or give it a cgroup folder that it may write to"
        switch cgroups {
        case .failure(let absence):
            return Line(defence: .cgroup, state: .missing, sentence: absence.description, remedy: remedy)
        case .success(let groups):
            let folders = groups.folders.joined(separator: ", ")
            let lacking = [Cgroups.Controller.memory, .pids].filter { !groups.controllers.contains($0) }
            guard lacking.isEmpty else {
                return Line(
                    defence: .cgroup, state: .missing,
                    sentence: "\(folders) can't limit \(lacking.map(\.rawValue).joined(separator: " or "))",
                    remedy: remedy)
            }
            return Line(
                defence: .cgroup, state: .holds, sentence: "memory and processes of the zone together, in \(folders)")
        }
    }
}
