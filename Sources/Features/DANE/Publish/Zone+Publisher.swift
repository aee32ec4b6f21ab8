package import StewardCertificates
package import StewardDNS

extension DANESettings.Zone {
    /// What changes this zone, as the settings say: exactly one of `update`, `file` and `program`. Files are opened when
    /// something is published, the key file too. `notice` hears of what is worth knowing and no failure.
    /// - Throws: ``PublishFailure`` `settings` that says which field is wrong.
    package func publisher(
        exchange: any DNSExchanging, notice: @escaping @Sendable (Finding) -> Void = { _ in }
    ) throws(PublishFailure) -> any Publisher {
        guard let zone = DomainName(name), zone != .root else { throw wrong("name", "'\(name)' is no domain name.") }
        let ways = [("update", update.server != nil), ("file", file.path != nil), ("program", !program.isEmpty)]
        let set = ways.filter(\.1).map(\.0)
        switch set {
        case ["update"]: return try updating(exchange, notice)
        case ["file"]: return try filing(zone, exchange, notice)
        case ["program"]: return try calling(exchange)
        case []:
            throw wrong(
                "",
                "Nothing says how the zone is changed: set 'update.server' and 'update.key', or 'file.path', or 'program'."
            )
        default: throw wrong("", "'\(set.joined(separator: "' and '"))' are set: leave one.")
        }
    }

    private func wrong(_ field: String, _ text: String) -> PublishFailure {
        PublishFailure("settings", "dane.zones (\(name))\(field.isEmpty ? "" : ", \(field)"): \(text)")
    }

    private func place(_ field: String, _ text: String) throws(PublishFailure) -> NameServer {
        guard let server = NameServer(text: text) else {
            throw wrong(field, "'\(text)' is no address of a name server; write digits: \(NameServer.forms).")
        }
        return server
    }

    private func updating(
        _ exchange: any DNSExchanging, _ notice: @escaping @Sendable (Finding) -> Void
    ) throws(PublishFailure) -> UpdatePublisher {
        guard let path = update.key else {
            throw wrong("update.key", "An UPDATE needs a TSIG key: name BIND's key file (tsig-keygen writes one).")
        }
        let server = try place("update.server", update.server ?? "")
        return UpdatePublisher(server: server, key: try Self.key(path), exchange: exchange, notice: notice)
    }

    private static func key(_ path: String) throws(PublishFailure) -> TSIGKey {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let bytes: [UInt8]?
        do throws(FileFailure) {
            let folder = try DurableFolder(path: slash == path.startIndex ? "/" : String(path[..<slash]))
            bytes = try folder.read(String(path[path.index(after: slash)...]), limit: 1 << 16)
        } catch { throw PublishFailure("key-unreadable", "\(error).") }
        guard let bytes else {
            throw PublishFailure("key-unreadable", "There is no key file \(path); 'tsig-keygen NAME' writes one.")
        }
        do throws(TSIGKeyFile.Failure) {
            return try TSIGKeyFile.key(String(decoding: bytes, as: UTF8.self), file: path)
        } catch { throw PublishFailure("key-unreadable", "\(error).") }
    }

    private func filing(
        _ zone: DomainName, _ exchange: any DNSExchanging, _ notice: @escaping @Sendable (Finding) -> Void
    ) throws(PublishFailure) -> FilePublisher {
        guard !file.rndc.isEmpty else { throw wrong("file.rndc", "It is empty: write 'rndc', or words that run it.") }
        let server = try place("file.server", file.server ?? "127.0.0.1")
        var publisher = FilePublisher(
            zone: zone, path: file.path ?? "", server: server, exchange: exchange, rndc: file.rndc,
            checkzone: file.checkzone, freeze: file.freeze)
        publisher.notice = notice
        return publisher
    }

    private func calling(_ exchange: any DNSExchanging) throws(PublishFailure) -> ProgramPublisher {
        guard !servers.isEmpty else {
            throw wrong(
                "servers",
                "A program needs them: the answer of the zone's name servers is what counts, the primary first.")
        }
        var places: [NameServer] = []
        for server in servers { places.append(try place("servers", server)) }
        return ProgramPublisher(words: program, servers: places, exchange: exchange)
    }
}
