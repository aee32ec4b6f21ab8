import Synchronization

/// What wakes deployments: their lineages change, certbot's hook or a command touches the signal file, their time has come.
/// Looking at file times every two seconds works on every file system and costs next to nothing.
final class Signals: Sendable {
    /// Something that may make turns due.
    enum Event: Sendable {
        /// The lineage of one changed.
        case changed(Int)
        /// The signal file was touched: all are to look.
        case touched
        /// A turn ended; the next is then.
        case rested(Int, until: ContinuousClock.Instant)
        /// Somebody's time has come.
        case time
    }

    /// The file's name in the dane folder.
    static let fileName = "renewed"
    private static let period: Duration = .seconds(2)

    private let folder: String
    private let lineages: [LineageFiles]
    private let listener = Mutex<AsyncStream<Event>.Continuation?>(nil)

    init(folder: String, lineages: [LineageFiles]) {
        self.folder = folder
        self.lineages = lineages
    }

    /// All that happens from now on, `time` first; an earlier stream ends.
    func begin() -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream<Event>.makeStream()
        let earlier = listener.withLock { listener in
            defer { listener = continuation }
            return listener
        }
        earlier?.finish()
        continuation.yield(.time)
        return stream
    }

    /// Tells whoever listens.
    func tell(_ event: Event) { listener.withLock(\.self)?.yield(event) }

    /// Touches the file: all loops of this folder hear it.
    func touch() {
        tell(.touched)
        _ = try? DurableFolder.making(folder).replace(Self.fileName, [], shape: DurableFolder.Shape(mode: 0o644))
    }

    /// Watches until the task is cancelled.
    func watch() async {
        var stamps = lineages.map { $0.stamp() }
        var signal = signalStamp()
        while !Task.isCancelled {
            do { try await Task.sleep(for: Self.period, tolerance: .milliseconds(500)) } catch { return }
            let newSignal = signalStamp()
            if newSignal != signal { tell(.touched) }
            signal = newSignal
            for (index, lineage) in lineages.enumerated() {
                let stamp = lineage.stamp()
                if stamp != stamps[index] { tell(.changed(index)) }
                stamps[index] = stamp
            }
        }
    }

    private func signalStamp() -> [Int64] {
        FileFacts(path: "\(folder)/\(Self.fileName)")?.stamp ?? []
    }
}
