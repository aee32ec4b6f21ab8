import Synchronization

/// Wakes deployments: when their lineages change, when certbot's hook or a command touches the signal file, when their time
/// has come. Looking at file times every two seconds works on every file system and costs next to nothing.
final class Signals: Sendable {
    /// The file's name in the dane folder.
    static let fileName = "renewed"
    private static let period: Duration = .seconds(2)

    private let folder: String
    private let lineages: [LineageFiles]
    private let state = Mutex<[AsyncStream<Void>.Continuation]>([])

    init(folder: String, lineages: [LineageFiles]) {
        self.folder = folder
        self.lineages = lineages
    }

    /// A stream of wakes for each deployment; earlier ones end.
    func begin() -> [AsyncStream<Void>] {
        let pairs = lineages.map { _ in AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1)) }
        let earlier = state.withLock { state in
            defer { state = pairs.map(\.continuation) }
            return state
        }
        for continuation in earlier { continuation.finish() }
        return pairs.map(\.stream)
    }

    /// Wakes one.
    func wake(_ index: Int) {
        state.withLock { state in state.indices.contains(index) ? state[index] : nil }?.yield()
    }

    /// Wakes all.
    func wakeAll() { for continuation in state.withLock({ $0 }) { continuation.yield() } }

    /// Touches the file: all loops of this folder hear it.
    func touch() {
        wakeAll()
        _ = try? DurableFolder.making(folder).replace(Self.fileName, [], shape: DurableFolder.Shape(mode: 0o644))
    }

    /// Watches until the task is cancelled.
    func watch() async {
        var stamps = lineages.map { $0.stamp() }
        var signal = signalStamp()
        while !Task.isCancelled {
            do { try await Task.sleep(for: Self.period, tolerance: .milliseconds(500)) } catch { return }
            let newSignal = signalStamp()
            if newSignal != signal { wakeAll() }
            signal = newSignal
            for (index, lineage) in lineages.enumerated() {
                let stamp = lineage.stamp()
                if stamp != stamps[index] { wake(index) }
                stamps[index] = stamp
            }
        }
    }

    private func signalStamp() -> [Int64] {
        FileFacts(path: "\(folder)/\(Self.fileName)")?.stamp ?? []
    }
}
