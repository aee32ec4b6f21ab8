/// Who is calling, as proved by a key or by the local control socket; the log names it.
public enum Caller: Hashable, Sendable {
    /// Nobody proved anything.
    case anonymous
    /// The named key was presented; `isAdmin` when it opens every zone and the platform's API.
    case key(name: String, isAdmin: Bool)
    /// A process of this machine that may open the control socket in the state folder.
    case local

    /// The name that the log and `steward.caller` carry; empty for nobody.
    public var name: String {
        switch self {
        case .anonymous: ""
        case .key(let name, _): name
        case .local: "local"
        }
    }

    /// Whether this caller may see and do everything.
    public var isAdmin: Bool {
        switch self {
        case .anonymous: false
        case .key(_, let isAdmin): isAdmin
        case .local: true
        }
    }
}
