package import StewardDNS
internal import StewardSettings

extension DANESettings {
    /// The zone whose settings hold for `owner`: the one that `name` names, else the longest that fits.
    package func zone(holding owner: DomainName, named name: String?) -> Zone? {
        if let name = name.flatMap(DomainName.init) { return zones.first { DomainName($0.name) == name } }
        return zones.filter { DomainName($0.name).map(owner.isWithin) ?? false }
            .max { $0.name.count < $1.name.count }
    }

    /// Reports what its parts don't say alone: deployments without a zone, names that are taken.
    func check(_ node: SettingsNode, _ reader: inout SettingsReader) {
        guard let list = node["deployments"], case .list(let nodes) = list.content, nodes.count == deployments.count
        else { return }
        var (files, services): ([String: String], [Service: String]) = ([:], [:])
        for (deployment, node) in zip(deployments, nodes) {
            if let first = files.updateValue(node.path, forKey: deployment.file), !deployment.file.isEmpty {
                reader.report("the file \(deployment.file) is \(first)'s already; give each its own", at: node)
            }
            for text in deployment.services {
                guard let service = Service(text: text) else { continue }
                if let first = services.updateValue(node.path, forKey: service) {
                    reader.report("the service \(service) is \(first)'s already; list it once", at: node)
                }
                checkZone(of: deployment, service, node, &reader)
            }
            checkForms(of: deployment, node, &reader)
        }
        checkNames(nodes, &reader)
    }

    /// A rollover is asked for by the lineage's name.
    private func checkNames(_ nodes: [SettingsNode], _ reader: inout SettingsReader) {
        var names: [String: String] = [:]
        for (deployment, node) in zip(deployments, nodes) where !deployment.lineage.isEmpty {
            if let first = names.updateValue(node.path, forKey: deployment.lineage) {
                reader.report(
                    "the lineage '\(deployment.lineage)' is \(first)'s already; list all its services there", at: node)
            }
        }
    }

    private func checkZone(
        of deployment: Deployment, _ service: Service, _ node: SettingsNode, _ reader: inout SettingsReader
    ) {
        guard let owner = service.owner else {
            return reader.report("the name of \(service)'s TLSA records would be too long", at: node)
        }
        let known = zones.isEmpty ? "there is none" : "there are: \(zones.map(\.name).joined(separator: ", "))"
        guard let zone = zone(holding: owner, named: deployment.zone) else {
            let wanted = deployment.zone.map { "'\($0)'" } ?? "that holds \(owner)"
            return reader.report("'dane.zones' has no zone \(wanted); \(known)", at: node)
        }
        if let name = DomainName(zone.name), !owner.isWithin(name) {
            reader.report("\(owner) is not in the zone '\(zone.name)'; correct 'zone' or 'services'", at: node)
        }
    }

    /// With `next` the records of a key must be known before it has a certificate.
    private func checkForms(of deployment: Deployment, _ node: SettingsNode, _ reader: inout SettingsReader) {
        let forms = deployment.records.compactMap(RecordForm.init(text:))
        if deployment.mode == .next, let form = forms.first(where: { $0.usage != 3 || $0.selector != 1 }) {
            reader.report(
                "mode next publishes a key's record before it has a certificate, and '\(form)' depends on more than the key; use '3 1 1' or '3 1 2', or mode late",
                at: node["records"] ?? node)
        }
    }
}

extension DANESettings.Zone {
    /// Reports a name that is none, and none or several ways of changing the zone.
    func check(_ node: SettingsNode, _ reader: inout SettingsReader) {
        if !name.isEmpty, DomainName(name) == nil {
            reader.report("\"\(name)\" is no domain name; write it as it.example.tw", at: node["name"] ?? node)
        }
        // A value that was refused is a choice all the same.
        let ways = [
            ("update", update.server != nil || node["update"]?["server"] != nil),
            ("file", file.path != nil || node["file"]?["path"] != nil),
            ("program", !program.isEmpty || node["program"] != nil),
        ]
        let chosen = ways.filter(\.1).map(\.0)
        if chosen.count != 1 {
            let found = chosen.isEmpty ? "none" : chosen.joined(separator: " and ")
            reader.report(
                "a zone needs exactly one way of changing it: 'update' (server, key), 'file' (path) or 'program'; found \(found)",
                at: node)
        }
        if update.server != nil, update.key == nil {
            reader.report(
                "a dynamic update needs a TSIG key: add 'key: FILE', as tsig-keygen writes it",
                at: node["update"] ?? node)
        }
    }
}
