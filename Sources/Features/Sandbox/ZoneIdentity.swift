import Glibc

/// Which user each zone's processes become.
package struct ZoneIdentities: Sendable {
    /// The system user that all zones share if an administrator made it.
    package static let sharedUser = "steward-worker"
    /// The numbers that are otherwise given out: those that systemd keeps for users that come and go (DynamicUser).
    package static let range: ClosedRange<UInt32> = 61_184...65_519

    /// Whether this process may become another user.
    package var mayChange: Bool
    /// The user called `steward-worker`, if there is one.
    package var shared: SandboxPolicy.Identity?
    /// Whether a number belongs to somebody already.
    var isTaken: @Sendable (UInt32) -> Bool

    package init(
        mayChange: Bool, shared: SandboxPolicy.Identity?, isTaken: @escaping @Sendable (UInt32) -> Bool = { _ in false }
    ) {
        self.mayChange = mayChange
        self.shared = shared
        self.isTaken = isTaken
    }

    /// What holds for this process on this machine.
    package static var current: ZoneIdentities {
        ZoneIdentities(
            mayChange: ProcessRights.current.mayChangeUser,
            shared: getpwnam(sharedUser).map {
                SandboxPolicy.Identity(user: $0.pointee.pw_uid, group: $0.pointee.pw_gid)
            },
            isTaken: { getpwuid($0) != nil || getgrgid($0) != nil })
    }

    /// A number for each of `names`, the same at every start as long as the names are the same. Not of those zones alone
    /// that ask for one: which users exist must not change a zone's number.
    package func numbers(for names: [String]) -> [String: UInt32] {
        var given: [String: UInt32] = [:]
        var used: Set<UInt32> = []
        let count = UInt32(Self.range.count)
        for name in Set(names).sorted() {
            var number = Self.hash(name) % count
            while used.contains(number) || isTaken(Self.range.lowerBound + number) { number = (number + 1) % count }
            used.insert(number)
            given[name] = Self.range.lowerBound + number
        }
        return given
    }

    /// FNV-1a: the same in every version of this program.
    private static func hash(_ name: String) -> UInt32 {
        name.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }
}

/// What the kernel lets this process do.
package struct ProcessRights: Sendable {
    private static let chown: UInt64 = 1 << 0
    private static let setgid: UInt64 = 1 << 6
    private static let setuid: UInt64 = 1 << 7

    /// The effective capabilities, bit by bit (capabilities(7)).
    package var capabilities: UInt64
    /// Users that exist in this process's user namespace: first and count.
    package var users: [(first: UInt32, count: UInt32)]

    /// A process with these rights.
    package init(capabilities: UInt64, users: [(first: UInt32, count: UInt32)]) {
        self.capabilities = capabilities
        self.users = users
    }

    /// Whether it may become any user of `ZoneIdentities.range` and give files away.
    package var mayChangeUser: Bool {
        let needed = Self.chown | Self.setgid | Self.setuid
        let range = ZoneIdentities.range
        return capabilities & needed == needed
            && users.contains { $0.first <= range.lowerBound && UInt64($0.first) + UInt64($0.count) > range.upperBound }
    }

    /// This process's.
    package static var current: ProcessRights {
        var capabilities: UInt64 = 0
        for line in lines("/proc/self/status") where line.hasPrefix("CapEff:") {
            capabilities = UInt64(line.dropFirst(7).trimming, radix: 16) ?? 0
        }
        let users = lines("/proc/self/uid_map").compactMap { line -> (UInt32, UInt32)? in
            let numbers = line.split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
            return numbers.count == 3 ? (numbers[0], numbers[2]) : nil
        }
        return ProcessRights(capabilities: capabilities, users: users)
    }

    private static func lines(_ path: String) -> [Substring] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
    }
}

extension Substring {
    fileprivate var trimming: Substring {
        var rest = self
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}
