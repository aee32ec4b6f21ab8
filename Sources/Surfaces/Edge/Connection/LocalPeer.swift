import Glibc
internal import NIOCore

/// Who is at the other end of the control socket.
enum LocalPeer {
    /// struct ucred: pid, uid, gid, four bytes each (unix(7), SO_PEERCRED).
    private struct Credentials: Sendable {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }

    /// Its process when it connected, as this one's process table has it; nil if that isn't known. On the channel's loop.
    static func process(of channel: any Channel) -> Int32? {
        guard let options = channel as? any SocketOptionProvider else { return nil }
        let credentials: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: SO_PEERCRED))
        var found: Int32?
        // It is there already: on the loop nothing is waited for.
        credentials.assumeIsolated().whenSuccess { found = $0.process }
        return found.flatMap { $0 > 0 ? $0 : nil }
    }
}
