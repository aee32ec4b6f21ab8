import ArgumentParser

/// `steward compute`
struct ComputeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compute",
        abstract: "Runs CUDA C kernels on the processor or a GPU, explains and checks them, and trains networks.",
        discussion: """
            Without a subcommand: devices. No NVIDIA toolkit is needed: the processor runs kernels through clang or g++, a GPU \
            through its driver (docs/guides/compute.md).
            """,
        subcommands: [
            ComputeDevicesCommand.self, ComputeRunCommand.self, ComputeExplainCommand.self, ComputeCheckCommand.self,
            ComputeCompileCommand.self, ComputeBenchCommand.self, ComputeTrainCommand.self, ComputeSampleCommand.self,
            ComputeVerifyCommand.self,
            ComputeExecCommand.self,
        ],
        defaultSubcommand: ComputeDevicesCommand.self)
}
