extension SandboxPolicy {
    /// The policy as `steward-launch` reads it: records `word value`, each ended by a NUL (docs/design/isolation.md).
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for record in records {
            bytes.append(contentsOf: record.utf8)
            bytes.append(0)
        }
        return bytes
    }

    /// The records in the order in which they are written.
    package var records: [String] {
        identityRecords + limitRecords
            + readable.map { "read \($0)" } + writable.map { "write \($0)" } + devices.map { "device \($0)" }
            + hidden.map { "hide \($0)" }
            + networkRecords + placementRecords
    }

    private var identityRecords: [String] {
        guard let identity else { return [] }
        return ["uid \(identity.user)", "gid \(identity.group)"]
    }

    private var limitRecords: [String] {
        var records = ["limit files \(files)", "limit processes \(processes)"]
        if let memory {
            records.append("limit data \(memory)")
            if limitsAddressSpace { records.append("limit as \(memory)") }
        }
        if let fileSize { records.append("limit filesize \(fileSize)") }
        return records
    }

    private var networkRecords: [String] {
        switch network {
        case .none: ["network none"]
        case .outbound: ["network outbound"]
        case .only(let destinations): ["network listed"] + destinations.map { "to \($0.encoded)" }
        }
    }

    private var placementRecords: [String] {
        var records: [String] = []
        let wanted = SandboxNamespace.allCases.filter(namespaces.contains)
        if !wanted.isEmpty { records.append("namespaces \(wanted.map(\.rawValue).joined(separator: ","))") }
        records += cgroups.map { "cgroup \($0)" }
        let needed = Defence.allCases.filter(required.contains)
        if !needed.isEmpty { records.append("require \(needed.map(\.rawValue).joined(separator: ","))") }
        return records
    }
}

extension NetworkRule.Destination {
    /// The value of a `to` record.
    fileprivate var encoded: String {
        switch self {
        case .tcp(let host, let port): "\(host) \(port)"
        case .unix(let path): "unix \(path)"
        case .anywhere: "anywhere"
        }
    }
}
