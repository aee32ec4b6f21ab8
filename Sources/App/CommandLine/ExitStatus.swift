/// What a command's exit code says; scripts may rely on it.
enum ExitStatus: Int32, CaseIterable {
    /// Everything went as asked.
    case success = 0
    /// A problem was found, or the command failed.
    case failure = 1
    /// The command line was wrong; nothing was done.
    case usage = 2
    /// No server answers for this state folder.
    case unreachable = 3
    /// Certbot or another Steward holds a lock; nothing was changed.
    case busy = 4
    /// What is there is no longer what the plan saw; nothing was changed.
    case changed = 5

    /// The meaning, for the reference.
    var meaning: String {
        switch self {
        case .success: "Everything went as asked."
        case .failure: "A problem was found, or the command failed."
        case .usage: "The command line was wrong; nothing was done."
        case .unreachable: "No server answers for the state folder."
        case .busy: "Certbot or another Steward holds a lock; nothing was changed."
        case .changed: "What is there is no longer what the plan saw; nothing was changed."
        }
    }
}
