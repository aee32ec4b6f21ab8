import Glibc
import NIOCore
import StewardEdge
import Synchronization

/// The addresses that the server listens on.
final class ListenerSet: Sendable {
    /// Sockets that are bound and take no connection yet, and those that are given up for them.
    struct Draft: Sendable {
        fileprivate var fresh: [Entry]
        fileprivate var dropped: [Entry]

        /// What is new, as text.
        var opened: [String] { fresh.map(\.address.description) }
        /// What is given up, as text.
        var closed: [String] { dropped.map(\.address.description) }
    }

    fileprivate struct Entry: Sendable {
        let address: ListenAddress
        let isTLS: Bool
        let listener: EdgeListener
    }

    private let edge: Edge
    private let open = Mutex<[Entry]>([])

    init(edge: Edge) { self.edge = edge }

    /// The bound addresses, in the order in which they were opened.
    var addresses: [(address: SocketAddress, isTLS: Bool)] {
        open.withLock { $0.map { ($0.listener.address, $0.isTLS) } }
    }

    /// Binds what the settings have and nobody listens on yet; all of it or nothing.
    func prepare(_ settings: ServerSettings) async throws(Reloader.Refusal) -> Draft {
        let wanted = settings.listen.map { ($0, false) } + settings.tls.listen.map { ($0, true) }
        let known = open.withLock { $0 }
        var draft = Draft(
            fresh: [], dropped: known.filter { entry in !wanted.contains { entry.address == $0 && entry.isTLS == $1 } })
        for (address, isTLS) in wanted
        where !known.contains(where: { $0.address == address && $0.isTLS == isTLS }) {
            do {
                let listener = try await edge.bind(host: address.host, port: address.port, isTLS: isTLS)
                draft.fresh.append(Entry(address: address, isTLS: isTLS, listener: listener))
            } catch {
                for entry in draft.fresh { entry.listener.abandon() }
                throw Reloader.Refusal(
                    reasons: [
                        "\(isTLS ? "tls." : "")listen: \(address) can't be bound: \(Self.reason(error))\(hint(address, known.map(\.address)))"
                    ])
            }
        }
        return draft
    }

    private func hint(_ address: ListenAddress, _ known: [ListenAddress]) -> String {
        let twin = known.first { $0.port == address.port }
        return twin.map { "; this server has \($0) itself, and changing one into the other needs a restart" } ?? ""
    }

    /// Opens what is new and closes what is given up. On the event loop.
    func adopt(_ draft: Draft) {
        for entry in draft.fresh { edge.open(entry.listener) }
        for entry in draft.dropped { edge.close(entry.listener) }
        open.withLock { open in
            open.removeAll { entry in
                draft.dropped.contains { $0.address == entry.address && $0.isTLS == entry.isTLS }
            }
            open += draft.fresh
        }
    }

    /// What the system says, in words.
    static func reason(_ error: any Error) -> String {
        (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
    }
}
