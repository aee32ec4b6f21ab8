import CLinux
import Dispatch

/// Looks TLSA records up through the C library's resolver, off the caller's thread.
package struct TLSALookup: Sendable {
    /// What looking up gave.
    package enum Answer: Hashable, Sendable {
        /// The records; none where the name has none.
        case records([TLSARecord])
        /// It could not be found out; why.
        case unknown(String)
    }

    /// Another name server than this machine's, at an IPv4 address.
    package struct Server: Hashable, Sendable {
        /// The four bytes of its address.
        package var address: [UInt8]
        /// Its port.
        package var port: UInt16

        /// The server at `address`.
        package init(address: [UInt8] = [127, 0, 0, 1], port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    /// How long a server has for one answer, in seconds, and how often it is asked.
    private static let patience: Int32 = 3, tries: Int32 = 2

    private let gate: Gate
    private let server: Server?

    /// Looks up at most `atOnce` at a time, from `server` where it isn't nil.
    package init(atOnce: Int = 16, server: Server? = nil) {
        gate = Gate(atOnce)
        self.server = server
    }

    /// The records of `_PORT._TRANSPORT.NAME`. A cancelled caller isn't kept waiting for the resolver.
    package func records(of name: String, port: Int, transport: String = "tcp") async -> Answer {
        let (answer, server, gate) = (OnceAnswer<Answer>(), server, gate)
        let query = "_\(port)._\(transport).\(name)"
        let lookup = Task.detached {
            let ran: Void? = await gate.pass {
                guard !answer.isGiven else { return }
                answer.give(
                    await withCheckedContinuation { continuation in
                        DispatchQueue.global().async { continuation.resume(returning: Self.ask(query, server)) }
                    })
            }
            if ran == nil { answer.give(.unknown("it was cancelled")) }
        }
        return await withTaskCancellationHandler {
            await answer.value
        } onCancel: {
            answer.give(.unknown("it was cancelled"))
            lookup.cancel()
        }
    }

    private static func ask(_ name: String, _ server: Server?) -> Answer {
        // The longest name in text (RFC 1035, section 3.1); the resolver would cut at a NUL.
        guard name.utf8.count <= 253, !name.utf8.contains(0) else { return .records([]) }
        let address = server.map { $0.address.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) } }
        var failure: Int32 = 0
        let message = [UInt8](unsafeUninitializedCapacity: 65_535) { buffer, count in
            let length =
                if var address {
                    clinux_dns_query(
                        name, Int32(TLSARecord.type), buffer.baseAddress, buffer.count, patience, tries, &address,
                        server?.port ?? 53, &failure)
                } else {
                    clinux_dns_query(
                        name, Int32(TLSARecord.type), buffer.baseAddress, buffer.count, patience, tries, nil, 0,
                        &failure)
                }
            count = max(0, Int(length))
        }
        if message.isEmpty {
            return failure == Int32(CLINUX_DNS_NOTHING)
                ? .records([]) : .unknown("no name server answered")
        }
        return TLSARecord.parse(message).map(Answer.records) ?? .unknown("the name server's answer is damaged")
    }
}
