import ArgumentParser
import StewardProbe

/// `steward certs probe`
struct CertsProbe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Shows the certificates that a port presents.",
        discussion: """
            Connects to every address of HOST and asks it for its certificates, with TLS at once or by the words of its \
            protocol (STARTTLS and the like; what the port usually speaks unless --starttls names it). A server with an \
            RSA and an ECDSA certificate shows both. Nothing is verified. Exit code 1 if an address presented none.
            """)

    @Argument(help: ArgumentHelp("The server: a name or an address, and a port.", valueName: "host:port"))
    var target: String

    @Option(help: ArgumentHelp("What it speaks: \(Self.dialects).", valueName: "protocol"))
    var starttls: String?

    @Option(help: "The name to ask for in the TLS hello (SNI) instead of HOST; '' asks for none.")
    var sni: String?

    @Option(help: "What to call this client in EHLO.")
    var ehlo = "localhost"

    @Option(help: "How long connecting, talking and the TLS handshake may take each.")
    var timeout = "5s"

    @Flag(help: "Print the certificates as PEM.")
    var pem = false

    @Flag(help: "Print JSON.")
    var json = false

    private static var dialects: String { Dialect.allCases.map(\.rawValue).joined(separator: ", ") }

    func run() async throws {
        let (host, port) = try endpoint()
        let dialect = try chosenDialect(port)
        guard let time = DurationText.parse(timeout) else {
            throw CommandFailure("--timeout '\(timeout)' is no duration", hint: "write '5s' or '500ms'", status: .usage)
        }
        let limits = ProbeLimits(connect: time, dialogue: time, handshake: time)
        let prober = try Prober(limits: limits)
        var reports: [ProbeReport] = []
        for address in try await addresses(of: host) {
            let target = ProbeTarget(
                address, port: port, dialect: dialect, name: name(host, address), clientName: ehlo)
            reports += await prober.probeEveryKey(target).map { ProbeReport($0) }
        }
        if json {
            try Output.json(["presentations": reports])
        } else {
            for report in reports { for line in pem ? report.pemLines : report.lines { try Output.line(line) } }
        }
        guard reports.allSatisfy(\.isWhole) else { throw ExitCode(ExitStatus.failure.rawValue) }
    }

    private func endpoint() throws -> (host: String, port: Int) {
        guard let colon = target.lastIndex(of: ":"), let port = Int(target[target.index(after: colon)...]),
            (1...65_535).contains(port), colon != target.startIndex
        else {
            throw CommandFailure(
                "'\(target)' isn't HOST:PORT", hint: "write 'mail.example:25' or '[2001:db8::7]:443'", status: .usage)
        }
        var host = target[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return (String(host), port)
    }

    private func chosenDialect(_ port: Int) throws -> Dialect {
        guard let starttls else { return Dialect(usualOnPort: port) ?? .tls }
        guard let dialect = Dialect(rawValue: starttls) else {
            throw CommandFailure("--starttls '\(starttls)' isn't one of \(Self.dialects)", status: .usage)
        }
        return dialect
    }

    /// The name to ask for: none where HOST is an address.
    private func name(_ host: String, _ address: String) -> String? {
        let name = sni ?? (host == address ? "" : host)
        return name.isEmpty ? nil : name
    }

    private func addresses(of host: String) async throws -> [String] {
        switch await AddressLookup().addresses(of: host) {
        case .addresses(let addresses): return addresses
        case .nothing: throw CommandFailure("\(host) has no address")
        case .unknown(let reason): throw CommandFailure("\(host) can't be looked up: \(reason)")
        }
    }
}
