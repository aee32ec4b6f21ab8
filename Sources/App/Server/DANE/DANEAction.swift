import NIOHTTP1
import StewardAPI

/// What a path beneath `/_platform/dane` asks for.
enum DANEAction: Hashable, Sendable {
    case status
    case plan
    case advance
    case rollover

    /// Of the path's part after `/_platform/dane/`; nil if there is nothing.
    init?(path: String) {
        switch path {
        case "": self = .status
        case "plan": self = .plan
        case "advance": self = .advance
        case "rollover": self = .rollover
        default: return nil
        }
    }

    /// The methods that it answers.
    var methods: [HTTPMethod] {
        switch self {
        case .advance, .rollover: [.POST]
        case .status, .plan: [.GET, .HEAD]
        }
    }
}
