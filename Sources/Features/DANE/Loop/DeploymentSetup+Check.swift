internal import Crypto
import Glibc
internal import StewardDNS

extension DeploymentSetup {
    /// The deployments of `settings`, checked against each other and this machine.
    /// - Throws: ``DANESetupError`` with all that is wrong.
    package static func all(_ settings: DANESettings) throws(DANESetupError) -> [DeploymentSetup] {
        var check = SetupCheck(settings)
        let setups = settings.deployments.indices.compactMap { check.setup($0) }
        check.checkZones()
        check.checkTogether()
        guard check.problems.isEmpty else { throw DANESetupError(check.problems) }
        return setups
    }

    /// What deploys its file.
    package var deployer: Deployer { Deployer(file: file, owner: owner, reloads: reloads) }
}

/// Turns settings into setups and collects everything that is wrong.
struct SetupCheck {
    private(set) var problems: [DANESetupError.Problem] = []
    private let settings: DANESettings

    init(_ settings: DANESettings) { self.settings = settings }

    private mutating func report(_ field: String, _ text: String) {
        problems.append(DANESetupError.Problem(field, text))
    }

    // MARK: - One deployment

    mutating func setup(_ index: Int) -> DeploymentSetup? {
        let (place, before) = ("dane.deployments[\(index)]", problems.count)
        let deployment = settings.deployments[index]
        checkPaths(deployment, place)
        let services = services(deployment, place)
        let zone = zone(deployment, services, place)
        let forms = forms(deployment, place)
        let reloads = reloads(deployment, place)
        let addresses = addresses(deployment, place)
        let owner = owner(deployment, place)
        guard problems.count == before, let zone, let name = DomainName(zone.name) else { return nil }
        let isOnly = settings.deployments.count { $0.lineage == deployment.lineage } == 1
        return DeploymentSetup(
            name: isOnly ? deployment.lineage : deployment.file, folder: Self.folder(deployment),
            tree: deployment.tree, lineage: deployment.lineage, file: deployment.file,
            policy: RolloverPolicy(
                zone: name, services: services, mode: deployment.mode, forms: forms,
                ttl: UInt32(clamping: deployment.ttl.components.seconds), settle: Self.seconds(settings.settle),
                margin: Self.seconds(settings.margin), reserve: Self.seconds(settings.reserve),
                interval: Self.seconds(settings.interval)),
            addresses: addresses, reloads: reloads, owner: owner, certbot: deployment.certbot,
            servers: zone.servers.compactMap(NameServer.init(text:)), zone: zone)
    }

    /// A folder's name that stays the same as long as tree, lineage and file do, and that people recognize.
    private static func folder(_ deployment: DANESettings.Deployment) -> String {
        let key = [deployment.tree, deployment.lineage, deployment.file].joined(separator: "\0")
        let digest = SHA256.hash(data: Array(key.utf8)).prefix(4).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        let plain = deployment.lineage.map {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) ? $0 : "_"
        }
        return "\(String(plain).prefix(100))-\(digest.joined())"
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private mutating func checkPaths(_ deployment: DANESettings.Deployment, _ place: String) {
        let lineage = deployment.lineage
        if lineage.isEmpty || lineage.contains("/") || lineage == "." || lineage == ".." || lineage.utf8.contains(0) {
            report("\(place).lineage", "'\(lineage)' is no lineage's name. 'steward certs' lists them.")
        }
        for (field, path) in [("tree", deployment.tree), ("file", deployment.file)]
        where !path.hasPrefix("/") || path.hasSuffix("/") || path.utf8.contains(0) {
            report("\(place).\(field)", "'\(path)' is no absolute path of a \(field == "file" ? "file" : "folder").")
        }
        if deployment.file.hasPrefix(deployment.tree + "/") {
            report(
                "\(place).file",
                "\(deployment.file) lies in certbot's own folder \(deployment.tree). Choose a place of its own, such as /etc/steward/tls/mail.pem: certbot must never write where services read."
            )
        }
        if Command.find(deployment.certbot.first ?? "") == nil, deployment.mode == .next {
            report(
                "\(place).certbot",
                "There is no program '\(deployment.certbot.first ?? "")'. Mode next asks for certificates with it; name it by its path."
            )
        }
    }

    private mutating func services(_ deployment: DANESettings.Deployment, _ place: String) -> [Service] {
        if deployment.services.isEmpty {
            report("\(place).services", "There is no service. Name at least one: mail.example.com:25.")
        }
        var services: [Service] = []
        for (index, text) in deployment.services.enumerated() {
            guard let service = Service(text: text) else {
                report(
                    "\(place).services[\(index)]", "'\(text)' is no service. Write HOST:PORT or 'HOST:PORT PROTOCOL'.")
                continue
            }
            guard service.owner != nil else {
                report("\(place).services[\(index)]", "The name of \(service)'s TLSA records would be too long.")
                continue
            }
            if services.contains(service) {
                report("\(place).services[\(index)]", "\(service) is there twice. Remove one.")
            }
            services.append(service)
        }
        return services
    }

    private mutating func zone(
        _ deployment: DANESettings.Deployment, _ services: [Service], _ place: String
    ) -> DANESettings.Zone? {
        var zones: [DANESettings.Zone] = []
        let known =
            settings.zones.isEmpty ? "there is none" : "there are \(settings.zones.map(\.name).joined(separator: ", "))"
        for service in services {
            guard let owner = service.owner else { continue }
            guard let zone = settings.zone(holding: owner, named: deployment.zone) else {
                let wanted = deployment.zone.map { "'\($0)'" } ?? "that holds \(owner)"
                report(
                    "\(place).services", "\(service) is in no zone of 'dane.zones': there is none \(wanted); \(known).")
                continue
            }
            if let name = DomainName(zone.name), !owner.isWithin(name) {
                report("\(place).zone", "\(owner) is not in the zone \(zone.name). Correct 'zone' or 'services'.")
            }
            if !zones.contains(where: { $0.name == zone.name }) { zones.append(zone) }
        }
        if zones.count > 1 {
            report(
                "\(place).services",
                "The services' records are in different zones (\(zones.map(\.name).joined(separator: ", "))). Make a deployment, with a file of its own, for each zone."
            )
        }
        return zones.first
    }

    private mutating func forms(_ deployment: DANESettings.Deployment, _ place: String) -> [RecordForm] {
        var forms: [RecordForm] = []
        for (index, text) in deployment.records.enumerated() {
            guard let form = RecordForm(text: text) else {
                report("\(place).records[\(index)]", "'\(text)' is no form of a TLSA record. Write '3 1 1'.")
                continue
            }
            if deployment.mode == .next, form.usage != 3 || form.selector != 1 {
                report(
                    "\(place).records[\(index)]",
                    "Mode next publishes a key before it has a certificate, and '\(form)' depends on more than the key. Use '3 1 1' or '3 1 2', or mode late."
                )
            }
            forms.append(form)
        }
        return forms.isEmpty ? [.recommended] : forms
    }

    private mutating func reloads(_ deployment: DANESettings.Deployment, _ place: String) -> [Reload] {
        var reloads: [Reload] = []
        for (index, text) in deployment.reload.enumerated() {
            if let reload = Reload(text: text) {
                reloads.append(reload)
            } else {
                report("\(place).reload[\(index)]", "'\(text)' is no command: it is empty, or a quote isn't closed.")
            }
        }
        return reloads
    }

    private mutating func addresses(_ deployment: DANESettings.Deployment, _ place: String) -> [String] {
        for (index, text) in deployment.addresses.enumerated() where AddressText.canonical(text) == nil {
            report("\(place).addresses[\(index)]", "'\(text)' is no address in digits. Write 192.0.2.1 or 2001:db8::1.")
        }
        return deployment.addresses.compactMap(AddressText.canonical)
    }

    private mutating func owner(_ deployment: DANESettings.Deployment, _ place: String) -> FileOwner? {
        guard let text = deployment.owner else { return nil }
        if let owner = FileOwner(text: text) { return owner }
        report(
            "\(place).owner",
            "There is no user '\(text)' on this machine. Use the number where it is a container's user.")
        return nil
    }

    // MARK: - All together

    mutating func checkTogether() {
        var (files, owners): ([String: Int], [Service: Int]) = ([:], [:])
        for (index, deployment) in settings.deployments.enumerated() {
            if let first = files.updateValue(index, forKey: deployment.file) {
                report(
                    "dane.deployments[\(index)].file",
                    "\(deployment.file) is the file of dane.deployments[\(first)] already. Give each its own.")
            }
            for text in Set(deployment.services) {
                guard let service = Service(text: text) else { continue }
                if let first = owners.updateValue(index, forKey: service) {
                    report(
                        "dane.deployments[\(index)].services",
                        "\(service) is a service of dane.deployments[\(first)] already. List it once.")
                }
            }
        }
    }

    mutating func checkZones() {
        for (index, zone) in settings.zones.enumerated() {
            let place = "dane.zones[\(index)]"
            if DomainName(zone.name) == nil { report("\(place).name", "'\(zone.name)' is no domain name.") }
            var servers = zone.servers.enumerated().map { ("servers[\($0)]", $1) }
            servers += [("update.server", zone.update.server), ("file.server", zone.file.server)].compactMap { field in
                field.1.map { (field.0, $0) }
            }
            for (field, text) in servers where NameServer(text: text) == nil {
                report("\(place).\(field)", "'\(text)' is no address. Write \(NameServer.forms).")
            }
            let ways = [zone.update.server != nil, zone.file.path != nil, !zone.program.isEmpty].count { $0 }
            if ways != 1 {
                report(
                    place,
                    "A zone needs exactly one way of changing it: 'update' (server, key), 'file' (path) or 'program'; it has \(ways)."
                )
            }
            if let file = zone.update.key { checkReadable(file, "\(place).update.key", "TSIG key") }
            if let file = zone.file.path { checkReadable(file, "\(place).file.path", "zone file") }
        }
    }

    private mutating func checkReadable(_ path: String, _ field: String, _ what: String) {
        guard access(path, R_OK) != 0 else { return }
        let reason = String(cString: strerror(errno))
        report(
            field,
            "The \(what) \(path) can't be read: \(reason). \(errno == ENOENT ? "Correct the path." : "Run this as root, or let 'steward helper' do it.")"
        )
    }
}
