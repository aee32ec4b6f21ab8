import Dispatch
package import StewardDNS
internal import StewardProbe

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A folder that a container has mounted.
package struct ContainerMount: Hashable, Sendable {
    /// The container's name.
    package var container: String
    /// The folder on this machine.
    package var source: String
    /// Its place in the container.
    package var destination: String
    /// The container's image, where that is known.
    package var image: String
    /// The container's id, where that is known.
    package var id: String

    /// A mount.
    package init(container: String, source: String, destination: String, image: String = "", id: String = "") {
        self.id = id
        self.container = container
        self.source = source
        self.destination = destination
        self.image = image
    }

    /// Whether the container is certbot's: what it mounts it renews and doesn't serve.
    var isCertbots: Bool { image.contains("certbot") || container.contains("certbot") }
}

/// Looks at the running machine: what its ports serve, where copies lie, which processes and containers hold the trees,
/// where names lead, what TLSA records say.
package struct LiveReader: Sendable {
    /// Gives the TLSA records of a name, a port and a transport protocol.
    package typealias TLSASource =
        @Sendable (_ name: String, _ port: Int, _ transport: String) async -> TLSALookup.Answer

    let settings: LiveSettings
    private let containers: @Sendable () async -> [ContainerMount]
    let tlsa: TLSASource?

    /// A reader; `containers` lists the containers' mounts, `tlsa` looks TLSA records up where that is known.
    package init(
        _ settings: LiveSettings = LiveSettings(),
        containers: @escaping @Sendable () async -> [ContainerMount] = { [] }, tlsa: TLSASource? = nil
    ) {
        self.settings = settings
        self.containers = containers
        self.tlsa = tlsa
    }

    /// Looks for everything that is about the lineages of `inventory`. It takes as long as the settings' deadline at
    /// most; what was not reached by then is unread.
    package func read(_ inventory: Inventory) async -> EvidenceReport {
        let deadline = ContinuousClock.now + settings.deadline
        let isHere = settings.root == "/"
        // Both what listens and what sees the trees is found in one pass over the processes.
        let scanning = Task { isHere ? await Self.scan(inventory) : ProcessScan(trees: [], folder: "") }
        let facts = Task { isHere ? await names(inventory) : EvidenceReport() }
        let parts: [(String, @Sendable () async -> EvidenceReport)] = [
            ("copies outside the trees", { await copies(inventory, deadline) }),
            ("ports and processes of this machine", { isHere ? await ports(inventory, scanning.value) : .init() }),
            ("names of certificates", { await Self.value(of: facts) }),
            ("mounts of containers", { isHere ? await mounts(inventory, scanning.value.spaces) : .init() }),
            (Self.recordsPlace, { await records(inventory, await Self.value(of: facts).names) }),
        ]
        return await withTaskGroup(of: EvidenceReport.self) { group in
            for (place, part) in parts {
                group.addTask {
                    var report = await Self.bounded(place, settings.deadline + .seconds(1), part)
                    if place == Self.recordsPlace {
                        for index in report.unread.indices { report.unread[index].mayHoldUse = false }
                    }
                    return report
                }
            }
            var report = EvidenceReport()
            for await part in group { report.join(part) }
            report.looked.sort()
            return report
        }
    }

    private static func value(of task: Task<EvidenceReport, Never>) async -> EvidenceReport {
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// What `part` gives. After `time` it is cancelled, and has two seconds to tell what it has; it is not waited for
    /// after that.
    static func bounded(
        _ place: String, _ time: Duration, grace: Duration = .seconds(2),
        _ part: @escaping @Sendable () async -> EvidenceReport
    ) async -> EvidenceReport {
        let work = Task { await part() }
        let (stream, answer) = AsyncStream.makeStream(of: EvidenceReport.self)
        let relay = Task {
            answer.yield(await work.value)
            answer.finish()
        }
        let timer = Task {
            try await Task.sleep(for: time)
            work.cancel()
            try await Task.sleep(for: grace)
            answer.yield(EvidenceReport(unread: [UnreadPlace(place, reason: "not done within \(time)")]))
            answer.finish()
        }
        defer {
            timer.cancel()
            relay.cancel()
        }
        for await report in stream { return report }
        work.cancel()
        return EvidenceReport(unread: [UnreadPlace(place, reason: "it was cancelled")])
    }

    /// Walking folders blocks: on a thread of its own.
    private func copies(_ inventory: Inventory, _ deadline: ContinuousClock.Instant) async -> EvidenceReport {
        await Self.blocking {
            CopyReader(known: KnownCertificates(inventory), settings: settings).read(until: deadline)
        }
    }

    private static func blocking(_ body: @escaping @Sendable () -> EvidenceReport) async -> EvidenceReport {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: body()) }
        }
    }

    private static func scan(_ inventory: Inventory) async -> ProcessScan {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: ProcessScan(trees: inventory.trees)) }
        }
    }

    private func ports(_ inventory: Inventory, _ scan: ProcessScan) async -> EvidenceReport {
        let listeners = Listener.current
        var report = scan.report
        guard settings.probes else { return report }
        // Mail servers let strangers wait for their greeting (postscreen: 6 s), so that only the patient get in.
        let limits = ProbeLimits(
            connect: settings.probeTimeout, dialogue: settings.probeTimeout * 3, handshake: settings.probeTimeout)
        do {
            let reader = ServedReader(prober: try Prober(limits: limits), namesPerPort: settings.namesPerPort)
            var endpoints = ServedReader.endpoints(
                listeners, own: OwnAddresses.current, holders: scan.holders, unusual: settings.probesUnusualPorts)
            endpoints += await targets(&report, listeners, scan.holders)
            let result = await reader.read(endpoints, names: Self.names(of: inventory))
            report.join(ServedFindings(known: KnownCertificates(inventory)).report(result.served))
            report.looked += result.looked
            report.unread += result.unread
        } catch {
            report.unread.append(UnreadPlace("ports of this machine", reason: "TLS can't be begun here: \(error)"))
        }
        return report
    }

    private func targets(
        _ report: inout EvidenceReport, _ listeners: [Listener], _ holders: [UInt64: [UsingProcess]]
    ) async -> [ServedReader.Endpoint] {
        let lookup = AddressLookup(timeout: settings.nameTimeout)
        var endpoints: [ServedReader.Endpoint] = []
        for target in settings.targets {
            guard case .addresses(let addresses) = await lookup.addresses(of: target.host) else {
                let reason = "\(target.host) has no address; correct certificates.probe.targets"
                report.unread.append(UnreadPlace("\(target.host):\(target.port)", reason: reason))
                continue
            }
            endpoints += addresses.map { address in
                let words = [ProbeTarget(address, port: target.port).endpoint, target.dialect.label]
                let label = words.filter { !$0.isEmpty }.joined(separator: " ")
                let holder = ServedReader.holder(of: target.port, at: address, listeners, holders)
                return ServedReader.Endpoint(
                    address: address, port: target.port, dialect: target.dialect, label: label, holder: holder)
            }
        }
        return endpoints
    }

    /// Every name, the first of each lineage before all others.
    static func names(of inventory: Inventory) -> [String] {
        var seen: Set<String> = []
        let lists = inventory.lineages.compactMap { $0.certificate?.names }
        let all = lists.compactMap(\.first) + lists.flatMap { $0.dropFirst() }
        return all.filter { seen.insert($0).inserted }
    }

    private func names(_ inventory: Inventory) async -> EvidenceReport {
        guard settings.looksUpNames else { return EvidenceReport() }
        let reader = NameReader(timeout: settings.nameTimeout, own: OwnAddresses.current + settings.ownAddresses)
        let facts = await reader.read(Self.names(of: inventory))
        return EvidenceReport(names: facts, looked: ["where \(facts.count) names lead"])
    }

    /// What containers and others with mounts of their own have of the trees: `spaces` are read, and what Docker says
    /// counts where that left something open.
    func mounts(_ inventory: Inventory, _ spaces: [ForeignSpace] = []) async -> EvidenceReport {
        let mounts = await containers()
        let names = Dictionary(
            mounts.filter { !$0.id.isEmpty }.map { (String($0.id.prefix(12)), $0.container) }, uniquingKeysWith: { $1 })
        let reader = ContainerReader(inventory: inventory, settings: settings.evidence, names: names)
        let reading = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: reader.read(spaces)) }
        }
        var report = reading.report
        if !mounts.isEmpty { report.looked.append("mounts of containers") }
        for mount in mounts where !mount.isCertbots && Self.concerns(mount.source, inventory) {
            guard !reading.understands(mount, inventory.trees) else { continue }
            let place = Place("container \(mount.container): \(mount.destination)")
            guard !report.evidence.contains(where: { $0.kind == .mount && $0.place == place }) else { continue }
            report.evidence.append(
                Evidence(.mount, at: place, target: .path(mount.source), detail: "mounts \(mount.source)"))
        }
        return report
    }

    /// Whether a folder is in a tree, or holds one.
    private static func concerns(_ folder: String, _ inventory: Inventory) -> Bool {
        inventory.trees.contains { tree in
            folder == tree.path || folder.hasPrefix(tree.path + "/")
                || tree.path.hasPrefix(folder == "/" ? folder : folder + "/")
        }
    }
}
