internal import NIOCore
internal import StewardCore

extension Exchange {
    /// More than this, received and not written to the file yet, makes the peer wait.
    private static let unwrittenLimit = 4 << 20

    /// Takes bytes of the body; `pause` is told when the file that they go to falls behind, and when it has caught up.
    func take(_ bytes: ByteBuffer, pause: @escaping (Bool) -> Void) {
        guard let receiver, completion != nil else { return }
        do {
            guard try receiver.append(bytes) else { return failBody(Self.tooLarge(receiver.limit)) }
        } catch {
            failBody(Problem("spool-failed", status: 507, title: "Insufficient storage", detail: error.detail))
        }
        guard receiver.unwritten > Self.unwrittenLimit else { return }
        pause(true)
        receiver.onDrained = { [weak receiver] in
            if let receiver, receiver.unwritten < Self.unwrittenLimit / 4 { pause(false) }
        }
    }
}
