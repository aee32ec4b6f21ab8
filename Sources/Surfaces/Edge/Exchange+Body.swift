internal import NIOCore
internal import StewardCore

extension Exchange {
    /// More than this, received and not written to the file yet, makes the peer wait.
    private static let unwrittenLimit = 4 << 20

    /// Takes bytes of the body.
    /// - Returns: whether the file that they go to falls behind; then `whenCaughtUp` says when to go on.
    func take(_ bytes: ByteBuffer) -> Bool {
        guard let receiver, completion != nil else { return false }
        do {
            guard try receiver.append(bytes) else {
                failBody(Self.tooLarge(receiver.limit))
                return false
            }
        } catch {
            failBody(Problem("spool-failed", status: 507, title: "Insufficient storage", detail: error.detail))
        }
        return receiver.unwritten > Self.unwrittenLimit
    }

    /// Calls `goOn` once most of what was received is in the file.
    func whenCaughtUp(_ goOn: @escaping () -> Void) {
        receiver?.onDrained = { [weak receiver] in
            if let receiver, receiver.unwritten < Self.unwrittenLimit / 4 { goOn() }
        }
    }
}
