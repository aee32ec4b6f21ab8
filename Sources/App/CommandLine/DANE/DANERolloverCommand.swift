import ArgumentParser
import StewardAPI
import StewardCore
import StewardHelper

/// `steward dane rollover`
struct DANERolloverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollover",
        abstract: "Rolls a deployment over to its next key.",
        discussion: """
            --now: a renewed certificate settles no longer than twice the TTL. --compromised: the same, and the served key's \
            record goes as soon as the new key is seen everywhere. In mode 'next' the next key's record is published already, so \
            that nothing has to settle. Asks before it begins.
            """)

    @Argument(help: ArgumentHelp("The deployment: certbot's lineage.", valueName: "deployment"))
    var deployment: String

    @Flag(help: "Roll over as soon as it is safe.")
    var now = false

    @Flag(help: "The served key is known to others.")
    var compromised = false

    @Flag(help: "Don't ask.")
    var yes = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: DANEOptions

    func validate() throws {
        guard now != compromised else { throw ValidationError("Give one of --now and --compromised.") }
    }

    func run() async throws {
        let acts = try options.acts()
        if !yes { try Confirmation.ask("Roll \(deployment) over to another key?") }
        let request = try await options.change(
            acts, "dane.rollover", of: deployment, detail: compromised ? "compromised" : "now"
        ) { [deployment, compromised] in
            try await acts.rollover(name: deployment, compromised: compromised)
        }
        if json { return try Output.json(request) }
        try Output.line(TextTable.printable("\(request.deployment): \(request.text)"))
        if let local = acts as? LocalDANE, LoopMark.holder(in: local.loop.folder) == nil {
            Output.message("nobody carries it out now: start 'steward helper' (or 'steward dane run') as root")
        }
    }
}
