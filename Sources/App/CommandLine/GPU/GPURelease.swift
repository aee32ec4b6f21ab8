import ArgumentParser
import StewardAPI

/// `steward gpu release`
struct GPURelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Takes a lease away (its processes are ended), or a ticket out of the queue.")

    @Argument(help: ArgumentHelp("The lease's or ticket's id, or its beginning.", valueName: "ID"))
    var id: String

    @OptionGroup var options: StateOptions

    func run() async throws {
        let path = LocalRequest.target("/leases/\(id)")
        let state = try await GPUClient(options).need(.DELETE, path, for: GPUTicketStatus.self)
        switch state.state {
        case "ending", "granted":
            Output.message("\(state.id.prefix(8)): its processes are told to end; the GPU is free when they have")
        case "refused": Output.message("\(state.id.prefix(8)) is out of the queue")
        default: Output.message("\(state.id.prefix(8)) has ended")
        }
    }
}

/// `steward gpu drain`
struct GPUDrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Lets nothing new onto a GPU; what runs there goes on. Holds until 'undrain'.")

    @Argument(help: ArgumentHelp("Its number or uuid.", valueName: "GPU"))
    var card: String

    @OptionGroup var options: StateOptions

    func run() async throws {
        let status = try await GPUClient(options).need(
            .POST, "/drain", body: GPUDrain(card: card), for: GPUStatus.self)
        let held = status.cards.first { $0.number == card || $0.uuid == card }?.leases.count ?? 0
        Output.message("GPU \(card) gets nothing new" + (held > 0 ? "; \(held) on it run on" : ""))
    }
}

/// `steward gpu undrain`
struct GPUUndrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undrain", abstract: "Hands a drained GPU out again.")

    @Argument(help: ArgumentHelp("Its number or uuid.", valueName: "GPU"))
    var card: String

    @OptionGroup var options: StateOptions

    func run() async throws {
        _ = try await GPUClient(options).need(.POST, "/undrain", body: GPUDrain(card: card), for: GPUStatus.self)
        Output.message("GPU \(card) is handed out again")
    }
}
