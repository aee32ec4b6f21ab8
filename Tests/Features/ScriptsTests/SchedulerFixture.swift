import NIOCore
import StewardCore

@testable import StewardScripts

/// A scheduler whose workers are played by the test: time stands still unless the test moves it.
final class SchedulerFixture {
    var scheduler: Scheduler
    var now: UInt64 = 1_000_000_000
    var sent: [(call: UInt32, worker: UInt32)] = []
    var failures: [UInt32: CallFailure] = [:]
    var poked: [UInt32] = []
    var killed: [UInt32] = []
    var retired: [UInt32] = []
    var asked: [Call] = []
    var withdrawn: [UInt32] = []
    var handedBack: [String] = []
    private var nextCall: UInt32 = 1
    private var nextPID: Int32 = 100

    init(_ limits: Scheduler.Limits = .init(), started: Bool = true) {
        scheduler = Scheduler(limits: limits)
        guard started else { return }
        scheduler.start()
        settle()
    }

    /// Carries actions out; forks succeed at once.
    func settle() {
        while !scheduler.actions.isEmpty {
            let actions = scheduler.actions
            scheduler.actions = []
            for action in actions {
                switch action {
                case .send(let call, let worker): sent.append((call.id, worker.id))
                case .fork(let worker):
                    nextPID += 1
                    scheduler.ready(worker, pid: nextPID, now: now)
                case .poke(let worker): poked.append(worker.id)
                case .kill(let worker): killed.append(worker.id)
                case .retire(let worker): retired.append(worker.id)
                case .ask(let call): asked.append(call)
                case .withdraw(let call): withdrawn.append(call.id)
                case .handBack(let lease): handedBack.append(lease.id)
                case .fail(let call, let failure):
                    guard call.sink != nil else { continue }
                    call.sink = nil
                    failures[call.id] = failure
                }
            }
        }
    }

    /// A script whose last calls took `wall` and `cpu` microseconds; nil: never called.
    func script(wall: Double? = nil, cpu: Double = 5) -> Script {
        let stamp = FileStamp(inode: 1, size: 1, seconds: 1, nanoseconds: 1)
        let script = Script(path: "x.py", route: "/x.py", zone: "/", kind: .python, stamp: stamp)
        if let wall { script.profile.record(wall: wall, cpu: cpu, streamed: false) }
        return script
    }

    @discardableResult func submit(
        _ script: Script, timeout: UInt64 = 30_000_000_000, isSafe: Bool = true, cards: Int = 0,
        by caller: String = "ops", from flow: UInt64 = 0
    ) -> Call {
        let call = Call(
            id: nextCall, script: script, trace: TraceID(high: 1, low: 1), payload: ByteBuffer(),
            isSafe: isSafe, submitted: now, deadline: now + timeout, sink: NoSink(flow: flow))
        call.allowance = timeout
        if cards > 0 { call.want = want(cards, by: caller) }
        nextCall += 1
        scheduler.submit(call, now: now)
        settle()
        return call
    }

    func want(_ cards: Int, by caller: String) -> CardWant {
        CardWant(demand: CardDemand(count: cards), caller: caller, purpose: "/x.py", trace: "")
    }

    /// The lane gives the call its cards.
    func grant(_ call: Call) {
        guard let want = call.want else { return }
        scheduler.granted(CardLease(id: "lease-\(call.id)", want: want, environment: [:]), to: call, now: now)
        settle()
    }

    func answer(_ call: Call, wall: UInt32 = 10, cpu: UInt32 = 10) {
        guard let worker = call.worker else { return }
        if scheduler.answered(call.id, by: worker, wall: wall, cpu: cpu, streamed: false, now: now) != nil {
            call.sink = nil
        }
        settle()
    }

    /// The worker that the call was sent to last.
    func lastWorker(of call: Call) -> UInt32? { sent.last { $0.call == call.id }?.worker }

    func tick(after nanoseconds: UInt64) {
        now += nanoseconds
        scheduler.tick(now: now)
        settle()
    }

    func die(_ worker: Worker, started: UInt64, status: Int32? = -9) {
        scheduler.gone(worker, started: started, status: status, now: now)
        settle()
    }
}

/// Takes answers and forgets them.
final class NoSink: CallSink {
    let flow: UInt64
    init(flow: UInt64 = 0) { self.flow = flow }
    var isFull: Bool { false }
    func reply(status: Int, headers: ByteBuffer, body: ByteBuffer, length: AnswerLength) {}
    func begin(status: Int, headers: ByteBuffer, length: AnswerLength) {}
    func write(_ bytes: ByteBuffer) {}
    func finish() {}
    func fail(_ failure: CallFailure) {}
}
