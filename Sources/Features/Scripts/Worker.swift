/// One worker process as the scheduler sees it. Confined to the pool's event loop.
final class Worker: @unchecked Sendable {
    /// What a worker is for.
    enum Role: String, CaseIterable, Sendable {
        /// Takes batches of quick calls.
        case primary
        /// Takes one call of a waiting or unknown script.
        case overflow
        /// Takes one call of a computing script; runs at a lower priority so that quick calls stay quick.
        case computing
        /// Takes the calls of one caller that need the GPU cards which it holds.
        case gpu
    }

    enum State: String, CaseIterable, Sendable {
        /// Asked of the zygote. Next: `ready` or `gone`.
        case starting
        /// Takes calls. Next: `retiring`, `killed`, `gone`.
        case ready
        /// Told to exit by closing its socket. Next: `gone`.
        case retiring
        /// SIGKILL sent. Next: `gone`.
        case killed
        /// The process is over.
        case gone
    }

    let id: UInt32
    let role: Role
    var state = State.starting
    var pid: Int32 = 0
    /// Calls sent and not answered, in the order sent: the first one is running.
    var calls: [Call] = []
    /// Expected cost of `calls`, microseconds.
    var backlog: Double = 0
    /// When the first of `calls` began, as far as the server can tell; nanoseconds.
    var headSince: UInt64 = 0
    /// A give-back was asked for and not answered.
    var isPoked = false
    /// When it became idle; nanoseconds.
    var idleSince: UInt64 = 0
    /// Calls that it has answered since its start: what `progress` counts, less those it began.
    var answered: UInt64 = 0
    /// Scripts that it has loaded, by identity.
    var loaded: Set<ObjectIdentifier> = []
    /// The cards that it holds; `gpu` workers alone have some.
    var lease: CardLease?
    /// The call that it is being started for.
    var reserved: Call?
    /// What it may reach has changed since it was forked: it gets no further call.
    var isStale = false
    /// The limit of its zone for which it was ended.
    var exceeded: ZoneLimit?

    init(id: UInt32, role: Role) {
        self.id = id
        self.role = role
    }

    var isIdle: Bool { state == .ready && calls.isEmpty }
}
