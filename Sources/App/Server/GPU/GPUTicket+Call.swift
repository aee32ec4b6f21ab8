import StewardCore
import StewardGPU

extension GPUTicket {
    /// The ticket of a call to the script at `route`, to be given to `LaneService.acquire`; `trace` is the request's.
    /// The worker that is told to `started` is the holder, and is ended with all it started at `release`.
    package init(
        for request: GPURequest, route: String, caller: Caller, trace: String, patience: Duration?, limit: Duration?
    ) {
        self.init(
            id: GPUTicket.makeID(), request: request, caller: caller.name.isEmpty ? "anonymous" : caller.name,
            purpose: route, since: LaneClock.now, patience: patience?.seconds, limit: limit?.seconds, trace: trace)
    }
}
