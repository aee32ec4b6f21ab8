internal import StewardDNS
internal import StewardProbe

extension RolloverParts {
    /// The network and this machine, as `settings` say.
    /// - Throws: ``DANESetupError`` where the resolver or TLS can't be set up.
    package static func real(_ settings: DANESettings) throws(DANESetupError) -> RolloverParts {
        let resolver = FreshResolver(try validator(settings.resolver), maxAge: .seconds(10))
        let exchange = DNSClient()
        let zones = ZoneLooker(ZoneServers(resolver: resolver, exchange: exchange))
        let endpoints = EndpointReader(prober: try prober(), resolver: resolver)
        return RolloverParts(
            servers: { await zones.look($0) }, validation: { await resolver.validation($0) },
            endpoints: { await endpoints.read($0) },
            publisher: { setup in
                do throws(PublishFailure) { return try setup.zone.publisher(exchange: exchange) } catch {
                    return BrokenPublisher(failure: error)
                }
            }, step: Rollover.step)
    }

    private static func validator(_ settings: DANESettings.Resolver) throws(DANESetupError) -> Validator {
        for (index, text) in settings.forward.enumerated() where NameServer(text: text) == nil {
            throw DANESetupError([
                .init(
                    "dane.resolver.forward[\(index)]",
                    "'\(text)' is no address of a resolver. Write \(NameServer.forms).")
            ])
        }
        let options = ValidatorOptions(
            rootHints: settings.rootHints, anchor: settings.anchor,
            forward: settings.forward.compactMap(NameServer.init(text:)), timeout: .seconds(15))
        do throws(ValidatorFailure) { return try Validator(options) } catch {
            throw DANESetupError([.init("dane.resolver", "\(error).")])
        }
    }

    private static func prober() throws(DANESetupError) -> Prober {
        do { return try Prober(atOnce: 64) } catch {
            throw DANESetupError([.init("dane", "TLS can't be set up: \(error).")])
        }
    }
}

/// Settings by which nothing can be published; why.
private struct BrokenPublisher: Publisher {
    let failure: PublishFailure
    var place: String { "nowhere: \(failure.text)" }
    func publish(_ change: RRsetChange) async throws(PublishFailure) { throw failure }
}
