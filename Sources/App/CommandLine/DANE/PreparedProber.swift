import NIOPosix
import StewardDANE
import StewardProbe

/// A prober that is made in the background, while names are looked up.
struct PreparedProber: ServiceProbing {
    private let prober: Task<Prober, any Error>

    /// Begins to make it.
    init() {
        prober = Task.detached {
            // Its threads start with the first use.
            _ = MultiThreadedEventLoopGroup.singleton.next()
            return try Prober()
        }
    }

    func probe(_ target: ProbeTarget, offer: TLSOffer) async throws(ProbeFailure) -> Presentation {
        let made: Prober
        do { made = try await prober.value } catch {
            throw ProbeFailure(.local, of: target, in: .preparation, "TLS can't be used here: \(error)")
        }
        return try await made.probe(target, offer: offer)
    }
}
