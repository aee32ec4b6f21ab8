import Glibc
package import StewardSettings

/// Who a zone's scripts run as, as the settings have it.
package enum SandboxUser: Hashable, Sendable {
    /// A user of the zone's own where the server may change users, else the server's.
    case standard
    /// The server's own.
    case server
    /// A user of the system or a number, with a group or the user's own.
    case named(user: String, group: String?)

    /// As the settings file writes it.
    package var text: String {
        switch self {
        case .standard: "standard"
        case .server: "server"
        case .named(let user, let group): group.map { "\(user):\($0)" } ?? user
        }
    }

    /// The numbers of a named user; nil: there is none.
    package static func resolve(user: String, group: String?) throws(ValueRefusal) -> SandboxPolicy.Identity {
        var identity: SandboxPolicy.Identity
        if let number = UInt32(user) {
            let own = getpwuid(number).map { $0.pointee.pw_gid } ?? number
            identity = SandboxPolicy.Identity(user: number, group: own)
        } else {
            guard let entry = getpwnam(user) else {
                throw ValueRefusal("there is no user '\(user)'; make one: useradd --system --no-create-home \(user)")
            }
            identity = SandboxPolicy.Identity(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
        }
        if let group {
            guard let number = UInt32(group) ?? getgrnam(group).map({ $0.pointee.gr_gid }) else {
                throw ValueRefusal("there is no group '\(group)'; make one: groupadd --system \(group)")
            }
            identity.group = number
        }
        guard identity.user != 0 else {
            throw ValueRefusal("scripts don't run as root; name another user, or 'server' for the server's own")
        }
        return identity
    }
}

extension ValueKind where Value == SandboxUser {
    /// `server`, NAME, NAME:GROUP; names or numbers.
    package static var sandboxUser: ValueKind {
        .scalar("NAME, NAME:GROUP or server", format: { $0 == .standard ? nil : $0.text }) {
            text throws(ValueRefusal) in
            if text == "server" { return .server }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard (1...2).contains(parts.count), parts.allSatisfy(isName) else {
                throw ValueRefusal("\"\(text)\" names no user; write NAME, NAME:GROUP, numbers, or server")
            }
            return .named(user: parts[0], group: parts.count == 2 ? parts[1] : nil)
        }
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
    }
}
