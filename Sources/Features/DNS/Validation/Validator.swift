import Synchronization

/// Looks names up from the root on and validates the answers (RFC 4035, section 5) with libunbound. It never blocks a
/// thread of its callers.
package final class Validator: Resolving {
    private let options: ValidatorOptions
    private let context: Mutex<UnboundContext>
    private let slots: Slots
    private let reach: RootReach

    /// A validator with an empty cache.
    ///
    /// - Throws: `ValidatorFailure` where a file can't be read or libunbound refuses an option.
    package init(_ options: ValidatorOptions = ValidatorOptions()) throws(ValidatorFailure) {
        self.options = options
        context = Mutex(try UnboundContext(options))
        slots = Slots(options.atOnce)
        reach = RootReach()
    }

    /// Forgets all that was learned: what is asked from here on is asked anew, from the root down.
    ///
    /// - Throws: as `init` does; the old cache stays then.
    package func forget() throws(ValidatorFailure) {
        let fresh = try UnboundContext(options)
        context.withLock { $0 = fresh }
    }

    /// Looks `type` of `name` up; see `Resolving`.
    package func resolve(_ name: DomainName, _ type: RecordType) async -> Resolution {
        guard await slots.enter() else { return Self.failed(name, type, "it was cancelled") }
        defer { slots.leave() }
        let context = context.withLock(\.self)
        switch await context.resolve(name, type, timeout: options.timeout) {
        case .failure(.cancelled): return Self.failed(name, type, "it was cancelled")
        case .failure(.timeout):
            return Self.failed(name, type, "no answer within \(options.timeout)" + (await hint()))
        case .failure(.library(let text)): return Self.failed(name, type, "libunbound: \(text)" + anchorHint)
        case .success(let answer):
            var resolution = Self.resolution(name, type, answer)
            if case .failed(let text) = resolution.security, answer.code == 2 {
                resolution.security = .failed(text + (await hint()))
            }
            // Where the root can't be asked, nothing is known about its keys: that is no forgery.
            if case .bogus = resolution.security, case let hint = await hint(), !hint.isEmpty {
                resolution.security = .failed("nothing could be validated" + hint)
            }
            return resolution
        }
    }

    private var anchorHint: String {
        options.isPrivate ? "; are the files with root hints and trust anchors right?" : ""
    }

    /// What may be done about a look-up that failed; empty where the reason must be elsewhere.
    private func hint() async -> String {
        if !options.forward.isEmpty || options.rootHints != nil { return "" }
        return await reach.isThere()
            ? ""
            : "; no root name server can be reached from here, port 53 may be filtered: name a resolver that can be "
                + "asked instead (dane.resolver.forward)"
    }

    private static func failed(_ name: DomainName, _ type: RecordType, _ text: String) -> Resolution {
        Resolution(name: name, type: type, security: .failed(text), code: 2)
    }

    private static func resolution(
        _ name: DomainName, _ type: RecordType, _ answer: UnboundContext.Answer
    ) -> Resolution {
        var resolution = Resolution(name: name, type: type, security: .insecure, code: answer.code, ttl: answer.ttl)
        if let message = try? Message(bytes: answer.packet) {
            (resolution.canonicalName, resolution.records) = message.chain(from: name, type)
            resolution.zone = message.zone(of: resolution.canonicalName, type, isSecure: answer.isSecure)
        } else if [0, 3].contains(answer.code) {
            return failed(name, type, "the answer is damaged")
        }
        if answer.isBogus {
            resolution.security = .bogus(answer.why.isEmpty ? "the signatures don't hold" : answer.why)
            (resolution.records, resolution.zone) = ([], nil)
        } else if answer.code != 0, answer.code != 3 {
            resolution.security = .failed(
                answer.code == 2 ? "no name server gave an answer (SERVFAIL)" : "the answer's code is \(answer.code)")
        } else if answer.isSecure {
            resolution.security = .secure
        }
        return resolution
    }
}

extension Message {
    /// Where `name` leads by the answer's CNAME records (those made of a DNAME too), and the records of `type` there.
    package func chain(from name: DomainName, _ type: RecordType) -> (DomainName, [ResourceRecord]) {
        var (last, seen): (DomainName, Set<DomainName>) = (name, [])
        while type != .cname, seen.insert(last).inserted {
            let alias = answers.lazy.compactMap { record -> DomainName? in
                guard case .cname(let target) = record.data, record.name == last else { return nil }
                return target
            }.first
            guard let alias else { break }
            last = alias
        }
        return (last, answers.filter { $0.name == last && $0.type == type && $0.recordClass == 1 })
    }

    /// The zone that holds `name`: whose signature its records of `type` have, if they are known to be signed rightly, or whose
    /// SOA record says that there are none.
    func zone(of name: DomainName, _ type: RecordType, isSecure: Bool) -> DomainName? {
        let signers = answers.lazy.compactMap { record -> DomainName? in
            guard case .rrsig(let signature) = record.data, record.name == name, signature.covers == type else {
                return nil
            }
            return signature.signer
        }
        if isSecure, let signer = signers.first { return name.isWithin(signer) ? signer : nil }
        guard !answers.contains(where: { $0.name == name && $0.type == type }) else { return nil }
        let start = authority.first { $0.type == .soa }?.name
        return start.flatMap { name.isWithin($0) ? $0 : nil }
    }
}
