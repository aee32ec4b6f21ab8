/// Finds a zone's name servers and asks each address of each of them itself.
package struct ZoneServers: Sendable {
    /// Why a zone or its name servers could not be found, ending without a period.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong.
        package var text: String
        /// Whether the DNS gave a wrong answer (bogus) rather than none.
        package var isBogus = false

        /// The text.
        package var description: String { text }
    }

    /// A name server at one address; the address is empty where its name has none.
    package struct Place: Hashable, Sendable {
        /// Its name; the address where only that was given.
        package var name: String
        /// Where it is asked.
        package var server: NameServer
        /// Why it has no address.
        package var failure: ServerAnswer.Failure?
    }

    private let resolver: any Resolving
    private let exchange: any DNSExchanging

    /// Finds name servers with `resolver` and asks them with `exchange`.
    package init(resolver: any Resolving, exchange: any DNSExchanging) {
        self.resolver = resolver
        self.exchange = exchange
    }

    /// The zone that `name` is in: the nearest name above it, or itself, that has a SOA record. Mostly the answer to the first
    /// look-up tells it already.
    ///
    /// - Throws: `Failure` where a look-up on the way fails or is bogus.
    package func zone(of name: DomainName) async throws(Failure) -> DomainName {
        var candidate = name
        while true {
            let found = await resolver.resolve(candidate, .soa)
            try refuse(found)
            // An alias stands in a zone and never at its top (RFC 1034, section 3.6.2).
            if found.canonicalName == candidate {
                if found.records.contains(where: { $0.name == candidate }) { return candidate }
                if let zone = found.zone { return zone }
            }
            guard let parent = candidate.parent else {
                throw Failure(text: "no name above \(name) has a SOA record, not even the root")
            }
            candidate = parent
        }
    }

    /// Each address of each name server of `zone`'s NS records.
    ///
    /// - Throws: `Failure` where the NS records can't be had. A name server without an address is a place with a failure.
    package func places(of zone: DomainName) async throws(Failure) -> [Place] {
        let found = await resolver.resolve(zone, .ns)
        try refuse(found)
        let names = Set(
            found.records.compactMap { record in
                if case .ns(let name) = record.data { name } else { nil }
            })
        guard !names.isEmpty else { throw Failure(text: "\(zone) has no NS records: it is no zone") }
        let places = await withTaskGroup(of: [Place].self) { group in
            for name in names { group.addTask { await self.places(named: name) } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        return places.sorted { ($0.name, $0.server.description) < ($1.name, $1.server.description) }
    }

    private func places(named name: DomainName) async -> [Place] {
        async let four = resolver.resolve(name, .a)
        async let six = resolver.resolve(name, .aaaa)
        let found = await [four, six]
        var places = found.flatMap(\.records).compactMap(\.data.address).map {
            Place(name: name.host, server: NameServer($0))
        }
        let reasons = found.compactMap { resolution -> String? in
            switch resolution.security {
            case .bogus(let text): "the \(resolution.type) look-up is bogus: \(text)"
            case .failed(let text): "the \(resolution.type) look-up failed: \(text)"
            case .secure, .insecure: nil
            }
        }
        // A look-up that failed may hide an address that answers.
        if !reasons.isEmpty || places.isEmpty {
            let text =
                reasons.isEmpty ? "its name has neither an A nor an AAAA record" : reasons.joined(separator: "; ")
            places.append(
                Place(name: name.host, server: NameServer(""), failure: ServerAnswer.Failure(.noAddress, text)))
        }
        return places
    }

    private func refuse(_ found: Resolution) throws(Failure) {
        switch found.security {
        case .bogus(let text):
            throw Failure(text: "the \(found.type) records of \(found.name) are bogus: \(text)", isBogus: true)
        case .failed(let text):
            throw Failure(text: "the \(found.type) records of \(found.name) can't be had: \(text)")
        case .secure, .insecure: break
        }
    }

    /// Asks every name server of `zone` for its SOA and for all `questions`. `listed` replaces the NS look-up where it isn't
    /// empty. In the order of names and addresses, or of the list.
    ///
    /// - Throws: `Failure` where the zone's name servers can't be found; what a server does wrong is in its answer.
    package func ask(
        _ zone: DomainName, _ questions: [ServerAnswer.Question], listed: [NameServer] = []
    ) async throws(Failure) -> [ServerAnswer] {
        let places =
            listed.isEmpty ? try await places(of: zone) : listed.map { Place(name: $0.address, server: $0) }
        return await ask(zone, questions, at: places)
    }

    /// Asks those at `places`, all at the same time; the answers in their order.
    package func ask(_ zone: DomainName, _ questions: [ServerAnswer.Question], at places: [Place]) async
        -> [ServerAnswer]
    {
        await withTaskGroup(of: (Int, ServerAnswer).self) { group in
            for (index, place) in places.enumerated() {
                group.addTask { (index, await ask(place, zone, questions)) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func ask(
        _ place: Place, _ zone: DomainName, _ questions: [ServerAnswer.Question]
    ) async -> ServerAnswer {
        var answer = ServerAnswer(name: place.name, server: place.server, failure: place.failure)
        guard place.failure == nil else { return answer }
        let start = ServerAnswer.Question(zone, .soa)
        let replies = await withTaskGroup(
            of: (ServerAnswer.Question, Result<Message, ServerAnswer.Failure>).self
        ) { group in
            for question in Set(questions + [start]) {
                group.addTask { (question, await outcome(place.server, zone, question)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        // Without a SOA record nothing else that it says counts.
        if let reply = replies[start] { take(reply, of: zone, &answer) }
        guard answer.failure == nil else { return answer }
        for question in questions {
            switch replies[question] {
            case .success(let message):
                answer.sets[question] = message.set(question, zone, else: answer.negativeTTL ?? 0)
            case .failure(let failure):
                answer.failure = ServerAnswer.Failure(
                    failure.reason, "\(question.name) \(question.type): \(failure.text)")
            case nil: break
            }
        }
        return answer
    }

    private func take(
        _ reply: Result<Message, ServerAnswer.Failure>, of zone: DomainName, _ answer: inout ServerAnswer
    ) {
        switch reply {
        case .failure(let failure): answer.failure = failure
        case .success(let message):
            guard let (start, ttl) = message.start(of: zone, in: message.answers) else {
                answer.failure = ServerAnswer.Failure(
                    .notAuthoritative, "it answers without the SOA record of \(zone)")
                return
            }
            answer.start = start
            answer.negativeTTL = min(ttl, start.minimum)
        }
    }

    // Not within the task's closure: built with optimisation, Swift 6.3.1 freed the closure's question there.
    private func outcome(
        _ server: NameServer, _ zone: DomainName, _ question: ServerAnswer.Question
    ) async -> Result<Message, ServerAnswer.Failure> {
        do throws(ServerAnswer.Failure) {
            let message = try await reply(server, zone, question)
            return .success(message)
        } catch {
            return .failure(error)
        }
    }

    /// An answer with AA, NOERROR or NXDOMAIN.
    private func reply(
        _ server: NameServer, _ zone: DomainName, _ question: ServerAnswer.Question
    ) async throws(ServerAnswer.Failure) -> Message {
        var message = Message(id: 0)
        message.questions = [Message.Question(question.name, question.type)]
        message.edns = Message.EDNS()
        let answer: Message
        do { answer = try await exchange.exchange(message, with: server, key: nil) } catch {
            throw ServerAnswer.Failure(.exchange(error.reason), error.text)
        }
        switch answer.code {
        case 0, 3: break
        case 5:
            throw ServerAnswer.Failure(
                .code(5), "it refuses to answer (REFUSED): it doesn't serve \(zone), or not to this machine")
        case 2:
            throw ServerAnswer.Failure(
                .code(2), "it can't answer (SERVFAIL): its copy of \(zone) has expired or wasn't loaded")
        default:
            throw ServerAnswer.Failure(.code(answer.code), "it answers with error \(answer.code)")
        }
        guard answer.isAuthoritative else {
            throw ServerAnswer.Failure(
                .notAuthoritative, "it doesn't answer for \(zone) itself (no AA): the delegation to it is lame")
        }
        return answer
    }
}

extension Message {
    /// The SOA of `zone` and its TTL among `records`.
    fileprivate func start(of zone: DomainName, in records: [ResourceRecord]) -> (StartOfAuthority, UInt32)? {
        for record in records where record.name == zone {
            if case .soa(let start) = record.data { return (start, record.usableTTL) }
        }
        return nil
    }

    /// What the answer to `question` says; `standard` is how long "there is none" may be kept where it doesn't say so.
    fileprivate func set(
        _ question: ServerAnswer.Question, _ zone: DomainName, else standard: UInt32
    ) -> ServerAnswer.RecordSet {
        let own = answers.filter { $0.name == question.name && $0.recordClass == 1 }
        let records = own.filter { $0.type == question.type }
        let alias = own.lazy.compactMap { record -> DomainName? in
            if case .cname(let target) = record.data { target } else { nil }
        }.first
        let signatures = own.compactMap { record -> Signature? in
            guard case .rrsig(let signature) = record.data, signature.covers == question.type else { return nil }
            return signature
        }
        let negative = start(of: zone, in: authority).map { min($0.1, $0.0.minimum) } ?? standard
        return ServerAnswer.RecordSet(
            records: records, signatures: signatures, ttl: records.map(\.usableTTL).min() ?? negative,
            isMissingName: code == 3, alias: question.type == .cname ? nil : alias)
    }
}

extension ResourceRecord {
    /// The TTL; 0 where its top bit is set (RFC 2181, section 8).
    package var usableTTL: UInt32 { ttl > 0x7fff_ffff ? 0 : ttl }
}
