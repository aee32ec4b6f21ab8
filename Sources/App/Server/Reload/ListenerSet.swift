import Glibc
import NIOCore
import StewardEdge
import Synchronization

/// The addresses that the server listens on.
final class ListenerSet: Sendable {
    /// Sockets that are bound and take no connection yet, and those that are given up for them.
    struct Draft: Sendable {
        fileprivate var fresh: [(address: ListenAddress, listener: EdgeListener)]
        fileprivate var dropped: [(address: ListenAddress, listener: EdgeListener)]

        /// What is new, as text.
        var opened: [String] { fresh.map(\.address.description) }
        /// What is given up, as text.
        var closed: [String] { dropped.map(\.address.description) }
    }

    private let edge: Edge
    private let open = Mutex<[(address: ListenAddress, listener: EdgeListener)]>([])

    init(edge: Edge) { self.edge = edge }

    /// The bound addresses, in the order in which they were opened.
    var addresses: [SocketAddress] { open.withLock { $0.map(\.listener.address) } }

    /// Binds what `addresses` have and nobody listens on yet; all of it or nothing.
    func prepare(_ addresses: [ListenAddress]) async throws(Reloader.Refusal) -> Draft {
        let known = open.withLock { $0 }
        var draft = Draft(fresh: [], dropped: known.filter { !addresses.contains($0.address) })
        for address in addresses where !known.contains(where: { $0.address == address }) {
            do {
                draft.fresh.append((address, try await edge.bind(host: address.host, port: address.port)))
            } catch {
                for entry in draft.fresh { entry.listener.abandon() }
                throw Reloader.Refusal(
                    reasons: [
                        "listen: \(address) can't be bound: \(Self.reason(error))\(hint(address, known.map(\.address)))"
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
            open.removeAll { entry in draft.dropped.contains { $0.address == entry.address } }
            open += draft.fresh
        }
    }

    /// What the system says, in words.
    static func reason(_ error: any Error) -> String {
        (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
    }
}
