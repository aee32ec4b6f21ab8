import CLinux
import Foundation
import Glibc
internal import NIOCore

/// One run of a zygote: its process, its sockets, and two threads that read from them. Confined to its event loop but for
/// those threads.
final class ZygoteSession: @unchecked Sendable {
    /// What comes from it, on the loop.
    enum Event {
        /// A message, and the process that sent it.
        case message(ZygoteMessage, sender: Int32)
        /// A line that it printed.
        case output(String)
        /// The zygote is gone: nothing can be forked any more. Its workers may still run.
        case ended
        /// Nothing of it is left.
        case over
    }

    /// Workers that were forked here and are not gone.
    var workers: Set<Int> = []
    /// What the launcher said about why it didn't start the runtime.
    private(set) var refusal: String?

    private let loop: any EventLoop
    private let isLaunched: Bool
    private var socket: Int32
    private var lifeline: Int32
    private var open = 2
    private let heard: (ZygoteSession, Event) -> Void

    /// Starts the process; `heard` is called on the loop.
    init(
        _ settings: ZygoteSettings, confinement: Confinement?, loop: any EventLoop,
        heard: @escaping (ZygoteSession, Event) -> Void
    ) throws(ZygoteFailure) {
        var wires = try ZygoteWires(policy: confinement?.policy)
        defer { wires.closeFar() }
        var child: pid_t = 0
        let runtime = [settings.python, "-m", "steward_worker"]
        let program = confinement?.launcher ?? settings.python
        let arguments = confinement == nil ? runtime : [program, "--"] + runtime
        let map = wires.map
        let error = withCStrings(arguments) { arguments in
            withCStrings(settings.environment) { environment in
                clinux_spawn(program, arguments, environment, "/", map, map.count / 2, &child)
            }
        }
        guard error == 0 else {
            wires.closeNear()
            let way =
                confinement == nil ? "Set `python` in the settings." : "Install Steward anew: it belongs beside it."
            throw ZygoteFailure("\(program) can't be started: \(String(cString: strerror(error))). \(way)")
        }
        self.loop = loop
        self.heard = heard
        isLaunched = confinement != nil
        socket = wires.control
        lifeline = wires.lifeline
        listen(to: wires.control, pid: child)
        read(wires.output)
    }

    /// Sends a message with descriptors, which stay open here.
    func send(_ message: some Encodable, descriptors: [Int32] = []) throws {
        let bytes = try JSONEncoder().encode(message)
        guard socket >= 0 else { throw ZygoteFailure("The zygote is gone.") }
        let sent = bytes.withUnsafeBytes {
            clinux_send_descriptors(socket, $0.baseAddress, $0.count, descriptors, descriptors.count)
        }
        guard sent == bytes.count else { throw ZygoteFailure("The zygote can't be reached: \(lastError())") }
    }

    /// The zygote ends; its workers finish what they run.
    func leave() { if socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) } }

    /// A worker has ended: the supervisor looks at once for what it left behind.
    func sweep() {
        guard lifeline >= 0 else { return }
        var word: UInt8 = 1
        _ = write(lifeline, &word, 1)
    }

    /// Everything ends now.
    func kill() {
        leave()
        if lifeline >= 0 { close(lifeline) }
        lifeline = -1
    }

    private func listen(to socket: Int32, pid: Int32) {
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                var sender: pid_t = 0
                let count = clinux_receive(socket, &buffer, buffer.count, &sender)
                guard count > 0 else { break }
                guard let message = try? JSONDecoder().decode(ZygoteMessage.self, from: Data(buffer[..<count])) else {
                    continue
                }
                let from = sender
                loop.execute { self.heard(self, .message(message, sender: from)) }
            }
            // The launcher stays until the last worker has gone; the zygote itself is of no use without its socket.
            if !isLaunched { Glibc.kill(pid, SIGKILL) }
            loop.execute {
                close(self.socket)
                self.socket = -1
                self.heard(self, .ended)
            }
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            loop.execute { self.closed() }
        }
    }

    private func read(_ output: Int32) {
        Thread.detachNewThread { [self] in
            if let stream = fdopen(output, "r") {
                while let line = readLine(from: stream) {
                    loop.execute {
                        if self.isLaunched, line.hasPrefix("steward-launch: ") { self.refusal = line }
                        self.heard(self, .output(line))
                    }
                }
                fclose(stream)
            }
            loop.execute { self.closed() }
        }
    }

    private func closed() {
        open -= 1
        guard open == 0 else { return }
        if lifeline >= 0 { close(lifeline) }
        lifeline = -1
        heard(self, .over)
    }
}

/// The descriptors of a zygote before it is started: near ends stay, far ends go.
private struct ZygoteWires {
    private(set) var control: Int32 = -1
    private(set) var output: Int32 = -1
    private(set) var lifeline: Int32 = -1
    /// Pairs of the descriptor here and there.
    private(set) var map: [Int32] = []

    /// With a policy for steward-launch, which then gets it and a lifeline.
    init(policy: [UInt8]?) throws(ZygoteFailure) {
        var pair: [Int32] = [-1, -1]
        var pipe: [Int32] = [-1, -1]
        guard clinux_socketpair(1, &pair) == 0 else { throw ZygoteFailure("No socket pair: \(lastError())") }
        control = pair[0]
        try place(pair[1], at: [3])
        guard clinux_ask_senders(control) == 0, clinux_pipe(&pipe) == 0 else { throw failed("No pipe") }
        output = pipe[0]
        try place(pipe[1], at: [1, 2])
        try place(open("/dev/null", O_RDONLY | O_CLOEXEC), at: [0])
        guard let policy else { return }
        let file = clinux_memfd("steward-policy", 0)
        try place(file, at: [4])
        guard policy.withUnsafeBytes({ pwrite(map[map.count - 2], $0.baseAddress, $0.count, 0) }) == policy.count else {
            throw failed("The policy can't be handed over")
        }
        guard clinux_pipe(&pipe) == 0 else { throw failed("No pipe") }
        lifeline = pipe[1]
        _ = fcntl(lifeline, F_SETFL, O_NONBLOCK)
        try place(pipe[0], at: [5])
    }

    /// Moves the descriptor out of the way of those numbers that the child gets.
    private mutating func place(_ descriptor: Int32, at numbers: [Int32]) throws(ZygoteFailure) {
        let moved = descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 16)
        let reason = lastError()
        if descriptor >= 0 { close(descriptor) }
        guard moved >= 0 else {
            closeFar()
            closeNear()
            throw ZygoteFailure("No descriptor for the zygote: \(reason).")
        }
        for number in numbers { map += [moved, number] }
    }

    private mutating func failed(_ what: String) -> ZygoteFailure {
        let failure = ZygoteFailure("\(what): \(lastError())")
        closeFar()
        closeNear()
        return failure
    }

    mutating func closeFar() {
        for descriptor in Set(stride(from: 0, to: map.count, by: 2).map { map[$0] }) { close(descriptor) }
        map = []
    }

    func closeNear() {
        for descriptor in [control, output, lifeline] where descriptor >= 0 { close(descriptor) }
    }
}
