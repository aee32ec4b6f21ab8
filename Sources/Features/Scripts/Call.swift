package import NIOCore
package import StewardCore

/// Why a call has no answer from its script.
package enum CallFailure: Sendable {
    /// The script raised or can't be loaded; what the worker said about it.
    case script(ScriptFailure)
    /// The deadline passed; `started` tells whether the script had begun.
    case deadline(started: Bool)
    /// The worker died while it ran the call; `status` is its exit code, or minus the signal.
    case crashed(status: Int32?)
    /// Its worker was ended because it used more than its zone allows.
    case exceeded(ZoneLimit)
    /// The queue of the zone is full.
    case overloaded
    /// No worker can be had; the sentence says why.
    case unavailable(String)
    /// The script needs GPU cards and gets none.
    case noCards(CardRefusal)
}

/// A limit of a zone for which workers are ended; the name of the setting.
package enum ZoneLimit: String, Hashable, Sendable {
    /// Processor time of a call.
    case cpu
    /// Bytes in the scratch folder.
    case scratch
    /// Memory of all processes of the zone.
    case memory = "memory_total"
}

/// What a worker says of a call that failed: the payload of a FAIL frame.
package struct ScriptFailure: Codable, Hashable, Sendable {
    /// `script-error`, `load-error`, `bad-result`, `no-entry`, `no-route`, `method-not-allowed`, `gone`, `cgi-error`.
    package var code: String
    /// The worker could not open a file, perhaps because it is newer than its rights; never told to a caller.
    static let outOfReach = "out-of-reach"

    /// For the caller: one sentence without a stack.
    package var message: String
    /// The file beneath the zone folder where it happened.
    package var file: String?
    /// The line in that file.
    package var line: Int?
    /// The traceback, for the log only.
    package var detail: String?
    /// The methods that are allowed, for `method-not-allowed`.
    package var allow: [String]?
    /// HTTP status to answer; taken from the frame's header.
    package var status: Int?
}

/// What the Content-Length of an answer is; bits 0 and 1 of a REPLY's or HEAD's flags.
package enum AnswerLength: Sendable {
    /// The body's own length, or unknown for a stream.
    case measured
    /// What the header block says.
    case own
    /// There is none to tell: a HEAD request whose answer would be a stream.
    case none

    init(flags: UInt8) {
        self = flags & 1 != 0 ? .own : flags & 2 != 0 ? .none : .measured
    }
}

/// Where the answer of a call goes. All methods are called on the pool's event loop, at most one of
/// `reply`, `fail`, or `begin` followed by `write`s and `finish` or `fail`.
package protocol CallSink: AnyObject {
    /// A whole answer: status, header block, body.
    func reply(status: Int, headers: ByteBuffer, body: ByteBuffer, length: AnswerLength)
    /// A streamed answer begins. `isFull` of the sink tells when to pause.
    func begin(status: Int, headers: ByteBuffer, length: AnswerLength)
    /// The next bytes of a streamed answer.
    func write(_ bytes: ByteBuffer)
    /// The streamed answer is complete.
    func finish()
    /// There is no answer, or it breaks off.
    func fail(_ failure: CallFailure)
    /// Who calls, as a number: those who wait share what there is by it.
    var flow: UInt64 { get }
    /// Whether the receiver asks for a pause; the pool stops reading from the worker until
    /// `WorkerPool.resume(_:)`.
    var isFull: Bool { get }
}

extension CallSink {
    /// All in one, unless it is known better.
    package var flow: UInt64 { 0 }
}

/// One synchronous run of a script for one request. Confined to the pool's event loop.
package final class Call {
    /// Identifies the call to its worker; unique while in flight.
    package let id: UInt32
    /// The script that runs.
    package let script: Script
    /// One id for everything that the request caused.
    package let trace: TraceID
    /// Environ block, then the inline body: the payload of the CALL frame.
    let payload: ByteBuffer
    /// Whether it asks for descriptions instead of running a script.
    let isDescribe: Bool
    /// Whether it may run again if a worker dies after it began (RFC 9110, section 9.2.1: safe methods).
    let isSafe: Bool
    /// When it reached the pool, nanoseconds of the monotonic clock.
    package let submitted: UInt64
    /// When it must have begun to answer.
    var deadline: UInt64
    /// When it was handed to a worker's socket; 0 before.
    package internal(set) var sent: UInt64 = 0
    /// Time in the script as the worker measured it, microseconds.
    package internal(set) var wall: UInt32 = 0
    /// Pid of the worker that answered.
    package internal(set) var workerPID: Int32 = 0
    /// Receives the answer; nil once it has got it or gave up.
    package internal(set) var sink: (any CallSink)?

    /// The cards without which it can't run.
    package internal(set) var want: CardWant?
    /// Its ticket in the lane while it waits for them.
    var ticket: String?
    /// How long it may take, nanoseconds; counted from the moment when it has its cards, if it needs some.
    var allowance: UInt64 = 0
    /// How long it waited for cards, nanoseconds.
    package internal(set) var cardWait: UInt64 = 0
    /// Who calls; asked for only where calls wait.
    private(set) lazy var flow = sink?.flow ?? 0
    var estimate: Double = 0
    var placedAs: ScriptClass = .unknown
    var moves = 0
    var hasBegunAnswer = false
    var killAt: UInt64 = .max
    /// The worker that has it. Strong, and cleared when the call leaves the worker: a weak reference would give every
    /// worker a side table and make each retain of it several times as slow.
    var worker: Worker?

    init(
        id: UInt32, script: Script, trace: TraceID, payload: ByteBuffer, isSafe: Bool,
        isDescribe: Bool = false, submitted: UInt64, deadline: UInt64, sink: any CallSink
    ) {
        self.id = id
        self.script = script
        self.trace = trace
        self.payload = payload
        self.isSafe = isSafe
        self.isDescribe = isDescribe
        self.submitted = submitted
        self.deadline = deadline
        self.sink = sink
    }
}
