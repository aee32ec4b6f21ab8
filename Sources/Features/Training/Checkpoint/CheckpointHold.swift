import Glibc
import StewardCompute

/// A training's hold on the folder of its checkpoint: no other training writes there meanwhile.
final class CheckpointHold {
    /// The folder.
    let folder: String
    private let descriptor: Int32

    /// Makes the folder if need be and takes it. What a killed training left half-written goes.
    /// - Parameters:
    ///   - overwrites: Whether a checkpoint that is there may be replaced by one of another training.
    ///   - patience: How long to wait for a training that is ending.
    /// - Throws: ``TrainingError/Code/checkpoint`` when another training has it, or it has a checkpoint that would be lost.
    init(_ folder: String, overwrites: Bool, patience: Duration) throws(TrainingError) {
        self.folder = folder
        try FileContents.makeFolder(folder)
        let path = "\(folder)/checkpoint.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw TrainingError(
                .checkpoint,
                "\(path) can't be written: \(FileContents.reason(errno)). Check the folder's space and rights.",
                field: "checkpoints")
        }
        try wait(patience)
        var status = stat()
        guard overwrites || stat("\(folder)/\(Checkpoint.name)", &status) != 0 else {
            throw TrainingError(
                .checkpoint,
                "\(folder)/\(Checkpoint.name) is the checkpoint of an earlier training. Go on from it with `resume`, replace it with "
                    + "`overwrite`, or name another folder.", field: "checkpoints")
        }
        sweep()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private func wait(_ patience: Duration) throws(TrainingError) {
        let end = ContinuousClock.now + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw TrainingError(
                    .checkpoint,
                    "\(folder) can't be locked: \(FileContents.reason(errno)). Name a folder on a local disk.",
                    field: "checkpoints")
            }
            guard ContinuousClock.now < end else {
                throw TrainingError(
                    .checkpoint,
                    "Another training writes its checkpoints to \(folder): wait for its end, or name another folder.",
                    field: "checkpoints")
            }
            usleep(20_000)
        }
    }

    private func sweep() {
        guard let directory = opendir(folder) else { return }
        defer { closedir(directory) }
        var left: [String] = []
        while let entry = readdir(directory) {
            let name = FileContents.name(entry)
            if name.hasPrefix("\(Checkpoint.name)."), name.hasSuffix(".tmp") { left.append(name) }
        }
        for name in left { unlink("\(folder)/\(name)") }
    }
}
