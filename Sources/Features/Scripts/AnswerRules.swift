/// What a worker may say of the calls that it has. It runs code of strangers, who can write to its sockets: a worker that
/// says anything else is killed, and nothing of what it said goes out.
enum AnswerRules {
    /// The statuses that end an exchange. After 1xx the client would wait on, and take the next caller's answer for its own
    /// (RFC 9110, section 15.2).
    static let statuses = 200...999
    /// The longest line that a LOG frame holds, in bytes.
    static let longestLine = 16 << 10

    /// What is wrong with `frame`, which is of `kind`; nil: nothing. `calls` are the worker's. Frames of calls that it has no
    /// more are taken for late ones.
    static func violation(_ frame: Frame, _ kind: FrameKind, calls: [Call]) -> String? {
        guard let call = calls.first(where: { $0.id == frame.header.call }) else { return nil }
        switch kind {
        case .reply, .head:
            if call.isDescribe { return "it answers a question for descriptions as if it were a call" }
            if call.hasBegunAnswer { return "it answers a call twice" }
            if !statuses.contains(Int(frame.header.status)) { return "it answers with status \(frame.header.status)" }
            if kind == .reply, frame.header.a > frame.header.length {
                return "its header block is longer than its frame"
            }
        case .described where !call.isDescribe: return "it describes scripts where it was called"
        case .chunk, .end:
            if !call.hasBegunAnswer { return "it goes on with an answer that it never began" }
        default: break
        }
        return nil
    }
}
