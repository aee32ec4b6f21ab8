import NIOHTTP1

/// What a path beneath `/_platform/gpus` asks for.
enum GPUAction: Hashable, Sendable {
    /// Cards, leases, queue.
    case status
    /// Join the queue.
    case join
    /// How a ticket stands, or give it or its lease up.
    case ticket(String)
    /// The holder runs.
    case started(String)
    /// Take a lease away.
    case lease(String)
    case drain
    case undrain

    /// Of the path's part after `/_platform/gpus/`; nil if there is nothing.
    init?(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first ?? "", parts.count) {
        case ("", ...1): self = .status
        case ("queue", 1): self = .join
        case ("queue", 2): self = .ticket(parts[1])
        case ("queue", 3) where parts[2] == "started": self = .started(parts[1])
        case ("leases", 2): self = .lease(parts[1])
        case ("drain", 1): self = .drain
        case ("undrain", 1): self = .undrain
        default: return nil
        }
    }

    /// The methods that it answers.
    var methods: [HTTPMethod] {
        switch self {
        case .status: [.GET, .HEAD]
        case .join, .started, .drain, .undrain: [.POST]
        case .ticket: [.GET, .DELETE]
        case .lease: [.DELETE]
        }
    }

    /// Whether it is for admins alone.
    var isForAdmins: Bool {
        switch self {
        case .lease, .drain, .undrain: true
        case .status, .join, .ticket, .started: false
        }
    }
}
