internal import StewardDNS
internal import StewardProbe

/// Sees what services present: each address of each, the certificates of both kinds of key.
struct EndpointReader: Sendable {
    let prober: Prober
    let resolver: any Resolving

    /// What the deployment's services present.
    func read(_ setup: DeploymentSetup) async -> [EndpointView] {
        await withTaskGroup(of: (Int, [EndpointView]).self) { group in
            for (index, service) in setup.policy.services.enumerated() {
                group.addTask { (index, await read(service, setup)) }
            }
            var all: [(Int, [EndpointView])] = []
            for await views in group { all.append(views) }
            return all.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private func read(_ service: Service, _ setup: DeploymentSetup) async -> [EndpointView] {
        var (addresses, views) = (setup.addresses, [EndpointView]())
        if addresses.isEmpty { (addresses, views) = await lookUp(service) }
        return await withTaskGroup(of: (Int, [EndpointView]).self) { group in
            for (index, address) in addresses.enumerated() {
                group.addTask { (index, await probe(service, address, setup)) }
            }
            var all: [(Int, [EndpointView])] = []
            for await found in group { all.append(found) }
            return all.sorted { $0.0 < $1.0 }.flatMap(\.1) + views
        }
    }

    /// The addresses of the service's host, and views that say why there are none.
    private func lookUp(_ service: Service) async -> ([String], [EndpointView]) {
        async let four = resolver.resolve(service.host, .a)
        async let six = resolver.resolve(service.host, .aaaa)
        let answers = await [four, six]
        let addresses = answers.flatMap(\.records).compactMap(\.data.address)
        var failures = answers.compactMap { answer -> String? in
            switch answer.security {
            case .bogus(let reason): "its \(answer.type) records are bogus: \(reason)"
            case .failed(let reason): "its \(answer.type) records can't be looked up: \(reason)"
            case .secure, .insecure: nil
            }
        }
        if addresses.isEmpty && failures.isEmpty { failures = ["it has no address"] }
        return (addresses, failures.map { EndpointView(service: service, address: service.host.host, failure: $0) })
    }

    /// Why it could not be seen, and the way out where this machine has no way there.
    private static func reason(_ failure: ProbeFailure) -> String {
        guard failure.target.address.contains(":"), [.unreachable, .local].contains(failure.reason) else {
            return failure.text
        }
        return failure.text
            + "; if this machine has no IPv6, name the addresses that it can ask as 'addresses' of the deployment"
    }

    private func probe(_ service: Service, _ address: String, _ setup: DeploymentSetup) async -> [EndpointView] {
        let target = ProbeTarget(address, port: service.port, dialect: service.dialect, name: service.host.host)
        return await prober.probeEveryKey(target).map { result in
            switch result {
            case .failure(let failure):
                return EndpointView(service: service, address: address, failure: Self.reason(failure))
            case .success(let presentation):
                let served = Credential(presented: presentation.chain, forms: setup.policy.forms)
                return EndpointView(
                    service: service, address: address, served: served,
                    failure: served == nil ? "it presents a certificate that can't be read" : nil)
            }
        }
    }
}
