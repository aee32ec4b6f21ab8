package import StewardSettings

/// What a zone's scripts may use and reach; keys of each zone in the settings file.
package struct SandboxSettings: Hashable, Sendable {
    /// Bytes of memory that each process may have; nil: no limit.
    package var memory: Int? = 2 << 30
    /// Bytes of memory that all processes may have together; nil: four fifths of the machine's.
    package var memoryTotal: Int?
    /// Processor time that one call may use; nil: no limit.
    package var cpu: Duration?
    /// Which sockets may be made, and to where.
    package var network = NetworkRule.outbound
    /// Further paths that may be read.
    package var read: [String] = []
    /// Further paths that may be read and changed.
    package var write: [String] = []
    /// Who its processes run as.
    package var user = SandboxUser.standard
    /// The secrets that its scripts get, in variables of the same names.
    package var secrets: [SecretName] = []
    /// Bytes that a worker's scratch folder may hold.
    package var scratch = 1 << 30
    /// Open descriptors of a process.
    package var files = 1024
    /// Processes and threads of the zone's user.
    package var processes = 512
    /// Bytes of the largest file that may be written; nil: no limit.
    package var fileSize: Int?

    /// The defaults.
    package init() {}

    /// The keys of this struct, which stand among those of a zone.
    package static let section = SettingsSection(SandboxSettings()) {
        Field(
            "memory", \.memory, ValueKind<Int>.size(in: (64 << 20)...(1 << 50)).orNone,
            "Memory that each process of the zone may have; an allocation beyond it fails (MemoryError).")
        Field(
            "memory_total", \.memoryTotal, ValueKind<Int>.size(in: (64 << 20)...(1 << 50)).orNone,
            standard: "four fifths of the machine's",
            "Memory that all processes of the zone may have together, by a control group where the server may make one; beyond it the kernel ends one of them, and its call gets 503."
        )
        Field(
            "cpu", \.cpu, ValueKind<Duration>.duration(in: .seconds(1)...(.seconds(86_400))).orNone,
            "Processor time that one call may use, in whole seconds; then its worker is ended and the call gets 503.")
        Field(
            "network", \.network, .networkRule,
            example: "[db.example.org:5432, \"unix:/run/postgresql/.s.PGSQL.5432\"]",
            "What the scripts may reach: none, outbound (TCP and UDP to anywhere), or a list of HOST:PORT, unix:/PATH and outbound."
        )
        Field(
            "read", \.read, .oneOrMore(.path), example: "[/srv/reference]",
            "Files and folders that the scripts may read beside the zone's folder, Python and the system's libraries.")
        Field(
            "write", \.write, .oneOrMore(.path), example: "[/srv/reports]",
            "Files and folders that the scripts may read and change beside their scratch folder.")
        Field(
            "user", \.user, .sandboxUser,
            standard: "a user of the zone's own if the server runs as root, else the server's",
            example: "reports:www-data",
            "Who the scripts run as: NAME, NAME:GROUP, numbers, or `server`. Another user than the server's needs a server that runs as root."
        )
        Field(
            "secrets", \.secrets, .secretNames, example: "[DB_PASSWORD]",
            "Names of the section `secrets`: each is a variable of the scripts' environment.")
        Field(
            "scratch", \.scratch, .size(in: (1 << 20)...(1 << 50)),
            "What a worker's scratch folder ($TMPDIR, $HOME) may hold; a worker whose folder grows beyond it is ended, and its call gets 507."
        )
        Field("files", \.files, .integer(in: 64...1_048_576), "Descriptors that a process may have open.")
        Field(
            "processes", \.processes, .integer(in: 16...1_048_576),
            "Processes and threads that the zone's user may have.")
        Field(
            "file_size", \.fileSize, ValueKind<Int>.size(in: (1 << 20)...(1 << 50)).orNone,
            "The largest file that a script may write.")
    }
}

/// A secret that a zone asks for, with its place in the settings file.
package struct SecretName: Hashable, Sendable {
    /// A name of the section `secrets`.
    package var name: String
    /// Where it stands.
    package var mark: SourceMark?
    /// The keys that lead there.
    package var path: String

    /// A name found at `mark`.
    package init(_ name: String, mark: SourceMark? = nil, path: String = "") {
        self.name = name
        self.mark = mark
        self.path = path
    }
}

extension ValueKind where Value == [SecretName] {
    /// A name, or a list of names.
    static var secretNames: ValueKind {
        let name = ValueKind<String>.variableName
        let element = ValueKind<SecretName>(
            name: "name",
            read: { node, reader in
                name.read(node, &reader).map { SecretName($0, mark: node.mark, path: node.path) }
            },
            format: { $0.name })
        return .oneOrMore(element)
    }
}

extension ValueKind where Value == String {
    /// The name of an environment variable.
    package static var variableName: ValueKind {
        .scalar("variable name", format: { $0 }) { text throws(ValueRefusal) in
            guard let first = text.utf8.first, !(0x30...0x39).contains(first),
                text.utf8.allSatisfy({ $0 == 0x5f || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0 & ~0x20) })
            else {
                throw ValueRefusal("\"\(text)\" can't name a variable; use letters, digits and '_'")
            }
            return text
        }
    }
}

/// Whether zones get namespaces of their own; the setting `namespaces`.
package enum NamespaceMode: String, Hashable, Sendable, CaseIterable, Codable {
    /// Where the machine lets them be.
    case auto
    /// Nowhere: for machines where they are in the way of something.
    case off
}

/// How much stands between scripts and the machine; the setting `isolation`.
package enum IsolationMode: String, Hashable, Sendable, CaseIterable, Codable {
    /// Whatever defence the machine has is used; `steward check` names those that are missing.
    case auto
    /// The server doesn't start where a defence is missing.
    case strict
    /// Scripts run as the server does, with all that it may do.
    case off
}
