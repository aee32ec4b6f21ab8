import StewardAPI

/// Where the files lie that a request names: a checkpoint with a name alone lies in the server's own folder, everything else
/// has its whole path, because a request has no folder that it runs in.
struct CheckpointFolder: Hashable, Sendable {
    /// `compute` in the server's state.
    let path: String

    /// The place of a checkpoint that is named `points`, `team/points` or `/srv/points`.
    /// - Throws: a sentence about a name that leads out of the folder.
    func place(of name: String) throws(ComputeExecution.ComputeProblemError) -> String {
        guard !name.hasPrefix("/") else { return name }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { ["", ".", ".."].contains($0) }), !name.utf8.contains(0) else {
            throw RequestReading.refusal(
                "`checkpoint` is '\(name)': it must be a name, as in 'points', which lies in \(path), or a path that begins with '/'."
            )
        }
        return "\(path)/\(name)"
    }

    /// The path of data.
    /// - Throws: a sentence about one that begins nowhere.
    func data(_ place: String) throws(ComputeExecution.ComputeProblemError) -> String {
        guard place.hasPrefix("/") else {
            throw RequestReading.refusal(
                "`data` is '\(place)': it must be a path on the server's machine that begins with '/'; chargpt takes the text itself in `text`."
            )
        }
        return place
    }
}
