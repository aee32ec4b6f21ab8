import StewardCore
import StewardGPU

extension Problem {
    static func badGPURequest(_ detail: String) -> Problem {
        Problem("bad-request", status: 400, title: "The request can't be understood", detail: detail)
    }

    static func noTicket(_ id: String) -> Problem {
        Problem(
            "gpu-unknown", status: 404, title: "No such ticket or lease",
            detail: "Nothing is known of '\(id)'; it may have ended a while ago. 'steward gpu' lists what there is.")
    }

    static var laneStops: Problem {
        Problem(
            "gpu-stopping", status: 503, title: "The server stops",
            detail: "Leases and places in the queue stay; ask again when the server is back.")
    }

    static var noLane: Problem {
        Problem(
            "gpu-off", status: 404, title: "GPUs are not handed out",
            detail: "The settings say 'gpu.enabled: off'; remove it, or write auto or on.")
    }

    /// Why a ticket gets nothing.
    init(_ refusal: LaneRefusal) {
        switch refusal.code {
        case .impossible:
            self.init(refusal.code.rawValue, status: 422, title: "No GPU can serve this", detail: refusal.sentence)
        case .full:
            self.init(refusal.code.rawValue, status: 503, title: "Too many wait for GPUs", detail: refusal.sentence)
        case .patience:
            self.init(refusal.code.rawValue, status: 503, title: "No GPU came free in time", detail: refusal.sentence)
        case .cancelled:
            self.init(
                refusal.code.rawValue, status: 409, title: "The wait for a GPU was ended", detail: refusal.sentence)
        }
    }

    /// Why something about the lease or card `name` can't be done.
    init(_ refusal: LaneService.Refusal, _ name: String) {
        switch refusal {
        case .unknown: self = .noTicket(name)
        case .notHeld:
            self.init(
                "gpu-not-held", status: 409, title: "The lease has ended",
                detail: "The lease '\(name)' is not, or no longer, to be begun; end the process and ask for a new one.")
        case .noProcess(let pid):
            self.init(
                "gpu-no-process", status: 409, title: "No such process",
                detail: "No process \(pid) runs on this machine.")
        case .notMarked(let pid):
            self.init(
                "gpu-not-marked", status: 409, title: "The process does not carry the lease",
                detail:
                    "The process \(pid) has no \(GPULease.marker) of this lease in its environment; start it with the environment that the grant came with."
            )
        case .unreadable(let pid):
            self.init(
                "gpu-unreadable", status: 409, title: "The process can't be looked at",
                detail:
                    "The server may not read the environment of process \(pid), which belongs to another user, so it can't tell whether that carries \(GPULease.marker); start it with 'steward gpu run', or as the server's user."
            )
        case .unseen(let pid, let reason):
            self.init(
                "gpu-unseen", status: 503, title: "The process can't be looked at now",
                detail: "The server can't look at process \(pid) now: \(reason); ask again.")
        case .noCard(let card):
            self.init(
                "gpu-no-card", status: 404, title: "No such GPU",
                detail: "There is no GPU '\(card)'; use a number or uuid of 'steward gpu'.")
        }
    }
}
