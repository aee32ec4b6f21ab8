import Dispatch
import Glibc

/// Looks names up as this machine does (getaddrinfo(3)), off the caller's thread.
package struct AddressLookup: Sendable {
    /// What looking up gave.
    package enum Answer: Hashable, Sendable {
        /// The addresses in digits, in the resolver's order.
        case addresses([String])
        /// The name does not exist, or has no address.
        case nothing
        /// It could not be found out; why.
        case unknown(String)
    }

    private let gate: Gate
    private let timeout: Duration

    /// Looks up at most `atOnce` names at a time and waits at most `timeout` for each. A look-up that the resolver
    /// doesn't end keeps its place until it does, so that never more threads than that are busy.
    package init(timeout: Duration = .seconds(5), atOnce: Int = 32) {
        gate = Gate(atOnce)
        self.timeout = timeout
    }

    /// The addresses of `name`; of an address itself.
    package func addresses(of name: String) async -> Answer {
        let answer = OnceAnswer<Answer>()
        let timer = Task {
            try await Task.sleep(for: timeout)
            answer.give(.unknown("no answer within \(timeout)"))
        }
        // Detached: it holds its place in the gate for as long as the resolver takes.
        let lookup = Task.detached {
            let ran: Void? = await gate.pass {
                guard !answer.isGiven else { return }
                let found = await Self.resolve(name)
                answer.give(found)
            }
            if ran == nil { answer.give(.unknown("it was cancelled")) }
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await answer.value
        } onCancel: {
            answer.give(.unknown("it was cancelled"))
            lookup.cancel()
        }
    }

    private static func resolve(_ name: String) async -> Answer {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: blockingResolve(name)) }
        }
    }

    private static func blockingResolve(_ name: String) -> Answer {
        guard !name.isEmpty, !name.utf8.contains(0) else { return .nothing }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        switch code {
        case 0: break
        // EAI_NODATA and EAI_ADDRFAMILY are GNU's (-5, -9).
        case EAI_NONAME, -5, -9: return .nothing
        default: return .unknown(String(cString: gai_strerror(code)))
        }
        var found: [String] = []
        var next = list
        while let entry = next {
            var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let entryCode = getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &buffer, socklen_t(buffer.count), nil, 0,
                NI_NUMERICHOST)
            let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if entryCode == 0, !found.contains(text) { found.append(text) }
            next = entry.pointee.ai_next
        }
        return found.isEmpty ? .nothing : .addresses(found)
    }
}
