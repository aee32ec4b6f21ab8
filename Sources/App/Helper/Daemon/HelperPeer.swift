internal import CLinux
internal import Glibc
internal import NIOCore

/// The process at the other end of the helper's socket, as the kernel proves it (unix(7), SO_PEERCRED).
package struct HelperPeer: Hashable, Sendable, CustomStringConvertible {
    /// Its process id at the time it connected.
    package var process: Int32
    /// Its effective user id then.
    package var user: UInt32
    /// Its effective group id then.
    package var group: UInt32

    /// A peer.
    package init(process: Int32, user: UInt32, group: UInt32) {
        self.process = process
        self.user = user
        self.group = group
    }

    /// `uid 998 (pid 4711)`.
    package var description: String { "uid \(user) (pid \(process))" }

    /// Who is at the other end of `channel`.
    static func of(_ channel: any Channel) -> EventLoopFuture<HelperPeer> {
        guard let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        // struct ucred: pid, uid, gid, four bytes each.
        let credentials: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: SO_PEERCRED))
        return credentials.map { HelperPeer(process: $0.process, user: $0.user, group: $0.group) }
    }

    private struct Credentials: Sendable {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }
}

/// Whose requests the helper takes.
package struct HelperGuests: Hashable, Sendable {
    /// Users by name or number. Names are looked up at each connection: systemd gives a service with `DynamicUser` its
    /// number only while it runs.
    package var users: [String]
    /// The helper's own user.
    package var own: UInt32

    /// The users that the settings name, beside root and the helper's own.
    package init(users: [String], own: UInt32 = geteuid()) {
        self.users = users
        self.own = own
    }

    /// Whether `peer` may ask.
    package func admits(_ peer: HelperPeer) -> Bool {
        peer.user == 0 || peer.user == own || users.contains { Self.number(of: $0) == peer.user }
    }

    private static func number(of user: String) -> UInt32? {
        if let number = UInt32(user) { return number }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwnam_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return entry.pw_uid
    }
}
