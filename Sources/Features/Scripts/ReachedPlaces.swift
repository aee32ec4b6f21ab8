import Dispatch
internal import StewardSandbox

/// What stands at the paths that a zone's processes may reach, as it was when they were confined.
struct ReachedPlaces: Sendable, Equatable {
    /// Where they are looked at: a network file system may keep whoever asks waiting.
    static let queue = DispatchQueue(label: "steward.places")

    private let paths: [String]
    private let families: [String]
    private let places: [String: FolderEntries.Identity?]

    /// What stands at these paths now, and at all paths that match the patterns `families`.
    init(_ paths: [String], families: [String] = []) {
        self.paths = paths
        self.families = families
        places = Self.look(paths, families)
    }

    /// Whether it still does.
    var isCurrent: Bool { Self.look(paths, families) == places }

    private static func look(_ paths: [String], _ families: [String]) -> [String: FolderEntries.Identity?] {
        let all = paths + families.flatMap(SystemPaths.matching)
        return Dictionary(all.map { ($0, FolderEntries.identity($0)) }) { first, _ in first }
    }
}
