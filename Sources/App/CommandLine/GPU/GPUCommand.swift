import ArgumentParser

/// `steward gpu`
struct GPUCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gpu",
        abstract: "Shows the GPUs, who holds them and who waits; runs commands on them, one holder at a time.",
        discussion:
            "Without a subcommand: list. The running server of the state folder hands the GPUs out (docs/guides/gpu.md).",
        subcommands: [GPUList.self, GPURun.self, GPURelease.self, GPUDrainCommand.self, GPUUndrainCommand.self],
        defaultSubcommand: GPUList.self)
}
