import Dispatch

/// What stands at the paths that a zone's processes may reach, as it was when they were confined.
struct ReachedPlaces: Sendable, Equatable {
    /// Where they are looked at: a network file system may keep whoever asks waiting.
    static let queue = DispatchQueue(label: "steward.places")

    private let places: [String: FolderEntries.Identity?]

    /// What stands at these paths now.
    init(_ paths: [String]) {
        places = Dictionary(paths.map { ($0, FolderEntries.identity($0)) }) { first, _ in first }
    }

    /// Whether it still does.
    var isCurrent: Bool { places.allSatisfy { FolderEntries.identity($0.key) == $0.value } }
}
