import ArgumentParser
import Foundation
import StewardCertificates
import StewardDANE
import StewardDNS
import StewardProbe

/// `steward dane record`
struct DANERecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Prints the TLSA record of a certificate, a chain or a key; needs no settings and changes nothing.",
        discussion: """
            FILE is fullchain.pem, cert.pem, a private key or a public key, in PEM or DER; '-' reads standard input. Warnings \
            about a form go to standard error.
            """)

    /// How the record is written.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        /// A line of a zone file.
        case zone
        /// A script for nsupdate.
        case nsupdate
        /// Its fields.
        case json
    }

    @Argument(help: ArgumentHelp("The file.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The host's name.", valueName: "NAME"))
    var host: String

    @Option(help: ArgumentHelp("The port.", valueName: "PORT"))
    var port: Int

    @Option(
        name: .customLong("protocol"), help: ArgumentHelp("tcp, udp or sctp.", valueName: "PROTOCOL"))
    var transport = "tcp"

    @Option(
        name: .customLong("form"),
        help: ArgumentHelp(
            "Usage, selector and matching type; may be given several times: '3 1 1', '2 1 1', '3 1 2', '3 0 1'.",
            valueName: "FORM"))
    var forms: [String] = []

    @Option(
        help: ArgumentHelp(
            "For '2 x x' and '0 x x': how far up the chain the authority is; 1 issued the server's certificate.",
            valueName: "DEPTH"))
    var depth = 1

    @Option(help: ArgumentHelp("The record's TTL in seconds.", valueName: "SECONDS"))
    var ttl: UInt32 = 3600

    @Option(help: ArgumentHelp("zone (a zone file's line), nsupdate (a script) or json.", valueName: "FORMAT"))
    var format = Format.zone

    @Flag(help: "Print JSON; the same as --format json.")
    var json = false

    func validate() throws {
        guard (1...65_535).contains(port) else { throw ValidationError("--port: a port is 1 to 65535.") }
        guard ["tcp", "udp", "sctp"].contains(transport) else {
            throw ValidationError("--protocol: write tcp, udp or sctp.")
        }
        guard owner != nil else {
            throw ValidationError("--host: '\(host)' is no host name; TLSA records are names', not addresses'.")
        }
        for form in forms where RecordForm(text: form) == nil {
            throw ValidationError("--form: '\(form)' is no form; write '3 1 1', '2 1 1', '3 1 2' or '3 0 1'.")
        }
    }

    private var owner: DomainName? {
        guard AddressText.canonical(host) == nil, let name = DomainName(host), name != .root else { return nil }
        return name.prefixed("_\(port)._\(transport)")
    }

    func run() async throws {
        guard let owner else { return }
        let bytes = try read()
        let sheets =
            try forms.isEmpty
            ? [sheet(.recommended, bytes, owner)]
            : forms.map { text in
                try sheet(RecordForm(text: text) ?? .recommended, bytes, owner)
            }
        switch json ? .json : format {
        case .json: try Output.json(["records": sheets])
        case .zone: for sheet in sheets { try Output.line(sheet.zoneLine) }
        case .nsupdate:
            for sheet in sheets { try Output.line("update add \(sheet.owner) \(sheet.ttl) IN TLSA \(sheet.record)") }
            try Output.line("send")
        }
        var told: Set<String> = []
        // With SHA-256 beside it a record of SHA-512 is as it should be.
        let hasSHA256 = sheets.contains { $0.record.matching == 1 }
        let warnings = sheets.flatMap(\.warnings).filter { $0.code != "record-sha512" || !hasSHA256 }
        for warning in warnings where told.insert(warning.text).inserted {
            Output.message(TextTable.printable("\(warning.severity.rawValue): \(warning.text)"))
        }
    }

    private func sheet(_ form: RecordForm, _ bytes: [UInt8], _ owner: DomainName) throws -> RecordSheet {
        do throws(RecordFailure) {
            let made = try RecordSource(bytes).record(form, depth: depth)
            return RecordSheet(made, owner: owner, ttl: ttl, isSMTP: Dialect(usualOnPort: port) == .smtp)
        } catch {
            throw CommandFailure("\(file == "-" ? "standard input" : file): \(error.text)")
        }
    }

    private func read() throws -> [UInt8] {
        guard file != "-" else { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        do { return Array(try Data(contentsOf: URL(fileURLWithPath: file))) } catch {
            throw CommandFailure("can't read \(file): \(FileReason.of(error))")
        }
    }
}
