import ArgumentParser
import Foundation
import NIOCore
import StewardAPI
import StewardDANE
import StewardDNS
import StewardHelper
import StewardProbe
import StewardServer

/// `steward dane check`
struct DANECheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks domains or ports as a stranger's mail server that enforces DANE would see them.",
        discussion: """
            Works for any domain, needs no settings and no rights. Looks up MX, addresses and TLSA with DNSSEC from the root \
            down, connects to every address, compares what is presented with the records, asks each name server itself, and \
            says of every finding what a sender does about it. Exit code 0 if mail is delivered to a known server, else 1.
            """)

    @Argument(
        help: ArgumentHelp(
            "Domains (example.com: the way mail takes), or ports (mail.example.com:993).", valueName: "domain"))
    var targets: [String]

    @Option(help: ArgumentHelp("What a port given as HOST:PORT speaks: smtp, imap, tls, ...", valueName: "PROTOCOL"))
    var starttls: String?

    @Option(help: ArgumentHelp("The name servers of a private root, as named.root has them.", valueName: "HINTS"))
    var resolverRoot: String?

    @Option(help: ArgumentHelp("The trust anchors of a private root: DS or DNSKEY records.", valueName: "FILE"))
    var anchor: String?

    @Option(
        help: ArgumentHelp(
            "A resolver to ask instead of the root's name servers; may be given several times. Its answers are validated.",
            valueName: "ADDRESS"))
    var forward: [String] = []

    @Option(help: ArgumentHelp("The MX hosts' port, for tests.", valueName: "PORT"))
    var port = 25

    @Flag(inversion: .prefixedNo, help: "Ask each name server itself, and look at signatures' remaining life.")
    var servers = true

    @Flag(help: "Print JSON: a document for each domain.")
    var json = false

    func validate() throws {
        guard !targets.isEmpty else { throw ValidationError("Name a domain.") }
        guard (1...65_535).contains(port) else { throw ValidationError("--port: a port is 1 to 65535.") }
        for address in forward where NameServer(text: address) == nil {
            throw ValidationError("--forward: '\(address)' is no address; write \(NameServer.forms).")
        }
        for target in targets { _ = try self.target(target) }
    }

    private enum Target {
        case domain(DomainName)
        case service(Service)
    }

    private func target(_ text: String) throws -> Target {
        if text.contains(":") {
            let words = starttls.map { "\(text) \($0)" } ?? text
            guard let service = Service(text: words) else {
                throw ValidationError(
                    "'\(text)' is no HOST:PORT of a known protocol; write mail.example.com:993, or name it with --starttls. TLSA records are names', not addresses'."
                )
            }
            return .service(service)
        }
        guard let domain = DomainName(text), domain != .root, AddressText.canonical(text) == nil else {
            throw ValidationError("'\(text)' is no domain name.")
        }
        return .domain(domain)
    }

    func run() async throws {
        // One thread is enough for a few connections.
        NIOSingletons.groupLoopCountSuggestion = 1
        let checker = try checker()
        var isGood = true
        for text in targets {
            let report =
                switch try target(text) {
                case .domain(let domain): await checker.check(domain: domain)
                case .service(let service): await checker.check(service: service)
                }
            var check = DANEReport(report)
            check.domain = text
            isGood = isGood && report.verdict == .deliver
            if json {
                try Output.json(check)
            } else {
                for line in DANECheckText.lines(check) { try Output.line(TextTable.printable(line)) }
            }
        }
        if !isGood { throw ExitCode(ExitStatus.failure.rawValue) }
    }

    private func checker() throws -> Checker {
        var options = Checker.Options()
        (options.port, options.asksServers) = (port, servers)
        let folder = FileManager.default.currentDirectoryPath
        let validatorOptions = ValidatorOptions(
            rootHints: resolverRoot.map { SettingsPath.absolute($0, from: folder) },
            anchor: anchor.map { SettingsPath.absolute($0, from: folder) },
            forward: forward.compactMap(NameServer.init(text:)))
        let resolver: Validator
        do throws(ValidatorFailure) { resolver = try Validator(validatorOptions) } catch {
            throw CommandFailure(error.text)
        }
        let zones = ZoneServers(resolver: resolver, exchange: DNSClient())
        return Checker(resolver: resolver, prober: PreparedProber(), zones: zones, options: options)
    }
}
