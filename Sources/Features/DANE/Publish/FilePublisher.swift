package import StewardCertificates
package import StewardDNS

/// Publishes in a plain zone file: edited in place, checked, reloaded, and then asked for on the wire. What isn't served
/// is put back. No exit status is believed.
package struct FilePublisher: Publisher {
    /// The zone.
    package var zone: DomainName
    /// The zone file, as this machine sees it.
    package var path: String
    /// The primary that serves it.
    package var server: NameServer
    /// The words before `reload ZONE`.
    package var rndc: [String]
    /// The words before `ZONE FILE`; empty: no check.
    package var checkzone: [String]
    /// Whether BIND changes the file itself.
    package var freeze: Bool
    /// How the primary is asked.
    package var exchange: any DNSExchanging
    /// How long the primary may take to serve the new file.
    package var patience: Duration = .seconds(30)
    /// Seconds since 1970.
    package var now: @Sendable () -> Int64
    /// Hears of what is worth knowing and no failure: `ttl-cut`, `zone-flawed`, `change-interrupted`.
    package var notice: @Sendable (Finding) -> Void = { _ in }

    /// A publisher of `path`.
    package init(
        zone: DomainName, path: String, server: NameServer, exchange: any DNSExchanging, rndc: [String] = ["rndc"],
        checkzone: [String] = ["named-checkzone"], freeze: Bool = false,
        now: @escaping @Sendable () -> Int64 = FilePublisher.clock
    ) {
        self.zone = zone
        self.path = path
        self.server = server
        self.exchange = exchange
        self.rndc = rndc
        self.checkzone = checkzone
        self.freeze = freeze
        self.now = now
    }

    package var place: String { path }

    package func publish(_ change: RRsetChange) async throws(PublishFailure) {
        try change.check()
        let file = try ZoneOnDisk(path)
        try await file.lock(patience: patience)
        defer { file.unlock() }
        let served = try await look(change)
        if freeze { try await freeze(file) }
        do throws(PublishFailure) {
            guard let edit = try await prepare(change, served, file) else { return try await thawUnchanged(file) }
            try file.begin(edit)
            try await carryOut(edit, change, served, file)
        } catch {
            if freeze { try? await thawUnchanged(file) }
            throw error
        }
    }

    private var wire: PrimaryLook { PrimaryLook(exchange: exchange, server: server) }

    /// What is served before anything is done: what was seen, or already what is wanted.
    private func look(_ change: RRsetChange) async throws(PublishFailure) -> ServedSet {
        let served: ServedSet
        do throws(DNSFailure) { served = try await wire.look(change.owner) } catch {
            throw PublishFailure(
                "unreachable",
                "\(error). See that the name server runs and 'dane.zones[].file.server' is its address; \(path) was not changed.",
                isPassing: true)
        }
        if let obstacle = served.obstacle {
            throw PublishFailure(
                "not-served",
                "\(server) can't be asked for \(change.owner): \(obstacle). See that it serves zone \(zone) from \(path), and that 'dane.zones[].file.server' is its address; nothing was changed.",
                isPassing: true)
        }
        guard served.holds(change.present) || served.holds(change.wanted) else {
            throw .conflict(change, served, place: "\(server)")
        }
        return served
    }

    /// The new content; nil where all is done already.
    private func prepare(
        _ change: RRsetChange, _ served: ServedSet, _ file: ZoneOnDisk
    ) async throws(PublishFailure) -> ZoneOnDisk.Edit? {
        let floor = try file.recover(served: served, zone: zone, owner: change.owner, notice: notice)
        let old = try file.read()
        var text = ZoneFile(old, zone: zone)
        let isServed = served.holds(change.wanted) && (change.wanted.isEmpty || served.ttl == change.ttl)
        let compared = FileComparison(change: change, file: text, path: path)
        try compared.check()
        if isServed && compared.isDone { return nil }
        let serial: UInt32
        do throws(ZoneFileRefusal) {
            try text.change(change.owner, add: compared.add, remove: compared.remove, ttl: change.ttl)
            serial = try text.raiseSerial(now: now(), after: floor)
        } catch {
            throw PublishFailure("zone-unreadable", "\(path)\(error.line.map { ":\($0)" } ?? ""): \(error.text)")
        }
        try await check(text.bytes, old: old)
        return ZoneOnDisk.Edit(old: old, new: text.bytes, serial: serial)
    }

    /// Replaces, reloads and looks; a serial that the primary has already is raised once more; else all is put back.
    private func carryOut(
        _ edit: ZoneOnDisk.Edit, _ change: RRsetChange, _ served: ServedSet, _ file: ZoneOnDisk
    ) async throws(PublishFailure) {
        var words = await reload(isEdited: true)
        var outcome = await wire.wait(for: change, patience: patience, waitsForTTL: true)
        if !isThere(outcome, change, served), words.reason == nil, let taken = await serial(), isInTheWay(taken, edit) {
            words = try await raise(edit, above: taken, file)
            outcome = await wire.wait(for: change, patience: patience, waitsForTTL: true)
        }
        guard isThere(outcome, change, served) else { throw await restore(edit, file, words, outcome) }
        if case .otherTTL(let ttl) = outcome { notice(.ttlDiffers(change, served: ttl, server: server)) }
        file.finish()
    }

    /// Whether BIND may have passed the new content over for its serial. One far ahead is that of a zone signed inline,
    /// which counts for itself.
    private func isInTheWay(_ taken: UInt32, _ edit: ZoneOnDisk.Edit) -> Bool { taken &- edit.serial <= 10 }

    private func isThere(_ outcome: PrimaryLook.Outcome, _ change: RRsetChange, _ before: ServedSet) -> Bool {
        switch outcome {
        case .served: true
        case .otherTTL(let ttl): !before.holds(change.wanted) || ttl != before.ttl
        case .notServed, .failed: false
        }
    }

    private func raise(
        _ edit: ZoneOnDisk.Edit, above taken: UInt32, _ file: ZoneOnDisk
    ) async throws(PublishFailure) -> Reloaded {
        var text = ZoneFile(edit.new, zone: zone)
        do throws(ZoneFileRefusal) { try text.raiseSerial(now: now(), after: taken) } catch {
            throw PublishFailure("zone-unreadable", "\(path): \(error.text)")
        }
        if freeze { try await freeze(file) }
        try file.put(text.bytes)
        return await reload(isEdited: true)
    }

    /// Puts the old content back and reloads it; what to say about it.
    private func restore(
        _ edit: ZoneOnDisk.Edit, _ file: ZoneOnDisk, _ words: Reloaded, _ outcome: PrimaryLook.Outcome
    ) async -> PublishFailure {
        var old = ZoneFile(edit.old, zone: zone)
        // Where the new version was loaded after all, an older serial would never reach the secondaries.
        if let taken = await serial(), let was = old.serial, taken == edit.serial, taken != was {
            _ = try? old.raiseSerial(now: now(), after: taken)
        }
        var rest = "\(path) is as it was before, and was loaded again."
        do throws(PublishFailure) {
            if freeze { try await freeze(file) }
            try file.put(old.bytes)
            file.finish()
        } catch {
            rest = "The old content could not be put back: \(error.text) It lies in \(file.backup)."
        }
        let again = await reload(isEdited: true)
        if let reason = again.reason {
            rest += " Loading it failed too: \(reason)."
            if freeze { try? file.markFrozen() }
        }
        let flaw = checkzone.isEmpty ? nil : await flaw(edit.new)
        return notServed(words, outcome, (flaw.map { "named-checkzone says: \($0). " } ?? "") + rest)
    }

    private func notServed(_ words: Reloaded, _ outcome: PrimaryLook.Outcome, _ rest: String) -> PublishFailure {
        let seen =
            switch outcome {
            case .failed(let failure): "it gave no answer (\(failure.text))"
            case .notServed(let set): set.obstacle ?? "it serves \(set.records.inWords)"
            case .otherTTL(let ttl): "it still has the TTL \(ttl) s"
            case .served: "it was served"
            }
        let said = words.reason.map { "'\(words.command)' said: \($0)" } ?? "'\(words.command)' said that all is well"
        return PublishFailure(
            "not-served",
            "\(server) did not serve the new \(path) within \(patience.components.seconds) s: \(seen); \(said). named's log says why; usual are a server that reads another file or has another view, and an rndc that controls another server. \(rest)",
            isPassing: true, mayBeThere: true)
    }

    /// The zone's serial on the wire; nil where there is no answer.
    func serial() async -> UInt32? {
        var query = Message(id: .random(in: .min ... .max))
        query.questions = [Message.Question(zone, .soa)]
        guard let answer = try? await exchange.exchange(query, with: server, key: nil) else { return nil }
        for record in answer.answers {
            if case .soa(let soa) = record.data { return soa.serial }
        }
        return nil
    }
}
