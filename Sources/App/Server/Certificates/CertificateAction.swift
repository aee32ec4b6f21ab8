import NIOHTTP1

/// What a path beneath `/_platform/certificates` asks for.
enum CertificateAction: Hashable, Sendable {
    case list
    case show(String)
    case plan
    case prune
    case quarantine
    case restore
    case purge
    case lock

    /// Of the path's part after `/_platform/certificates/`. A lineage that is called like an action is found by
    /// `?name=` of the list.
    init(path: String) {
        switch path {
        case "": self = .list
        case "plan": self = .plan
        case "prune": self = .prune
        case "quarantine": self = .quarantine
        case "restore": self = .restore
        case "purge": self = .purge
        case "lock": self = .lock
        default: self = .show(path)
        }
    }

    /// The methods that it answers.
    var methods: [HTTPMethod] {
        switch self {
        case .prune, .restore, .purge: [.POST]
        case .list, .show, .plan, .quarantine, .lock: [.GET, .HEAD]
        }
    }
}
