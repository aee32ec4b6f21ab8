import ArgumentParser
import StewardAPI

/// `steward certs restore`
struct CertsRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Brings a lineage back from quarantine: every byte, owner, mode, time and symlink.",
        discussion: "Changes nothing if something stands where a file should go back to.")

    @Argument(help: "The lineage's name.")
    var name: String

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: CertsOptions

    func run() async throws {
        let tree = options.onlyTree
        let change = try await options.change("certs.restore", of: name) {
            try await $0.restore(name: name, tree: tree)
        }
        try CertificateChangeReport.print(change, json: json)
    }
}
