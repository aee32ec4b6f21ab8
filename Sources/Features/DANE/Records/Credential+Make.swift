internal import StewardCertificates
internal import StewardDNS

extension Credential {
    /// From a file's certificates (PEM or DER; a key beside them must be the first one's) with the records of `forms`.
    package init(_ bytes: [UInt8], forms: [RecordForm]) throws(RecordFailure) {
        try self.init(source: RecordSource(bytes), forms: forms)
    }

    /// From a chain with the records of `forms`.
    package init(source: RecordSource, forms: [RecordForm]) throws(RecordFailure) {
        guard let server = source.chain.first else {
            throw RecordFailure(
                "certificate-needed", "There is a key alone, and a certificate is needed. Give fullchain.pem.")
        }
        var records: [TLSA] = []
        for form in forms {
            let record = try source.record(form).record
            if !records.contains(record) { records.append(record) }
        }
        self.init(server: server, records: records)
    }

    /// From certificates that a server presented; records of `forms` that can't be made from them are left out. nil where
    /// a certificate can't be read or there is none.
    package init?(presented: [[UInt8]], forms: [RecordForm]) {
        guard let source = RecordSource(presented: presented), let server = source.chain.first else { return nil }
        var records: [TLSA] = []
        for form in forms {
            guard let record = try? source.record(form).record, !records.contains(record) else { continue }
            records.append(record)
        }
        self.init(server: server, records: records)
    }

    private init(server: ChainCertificate, records: [TLSA]) {
        self.init(
            certificate: server.facts.fingerprint, spki: server.facts.spki, notBefore: server.facts.notBefore,
            notAfter: server.facts.notAfter, records: records)
    }
}
