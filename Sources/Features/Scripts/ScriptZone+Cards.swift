import Glibc
internal import NIOCore

/// Calls of scripts that need GPU cards.
extension ScriptZone {
    /// Whether the script may say that it needs cards and nobody has read it yet. The first call of a new script that has
    /// the word in its source waits the few milliseconds until a worker has described it.
    func needsDescription(_ script: Script) -> Bool {
        guard script.description == nil, script.kind == .python else { return false }
        if let known = script.mentionsGPU { return known }
        let mentions = Self.mentionsGPU(settings.folder + "/" + script.path)
        script.mentionsGPU = mentions
        return mentions
    }

    /// Gives the call to the pool with what its script needs.
    func submit(_ call: Call, by caller: String, now: UInt64) {
        let script = call.script
        if let sentence = script.description?.gpuError ?? script.description?.limitsError {
            var failure = ScriptFailure(code: "load-error", message: sentence)
            failure.file = script.path
            return call.sink?.fail(.script(failure)) ?? ()
        }
        let demand = script.description?.gpu ?? settings.cards
        if demand.count > 0 {
            call.want = CardWant(
                demand: demand, caller: caller, purpose: script.route,
                patience: settings.cardPatience.map { Double($0.nanoseconds) / 1e9 }, trace: "\(call.trace)")
        }
        pool.submit(call, now: now)
    }

    private static func mentionsGPU(_ path: String) -> Bool {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return false }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(file, &bytes, bytes.count)
        guard count > 2 else { return false }
        return (0..<count - 2).contains { bytes[$0] == 0x67 && bytes[$0 + 1] == 0x70 && bytes[$0 + 2] == 0x75 }
    }
}
