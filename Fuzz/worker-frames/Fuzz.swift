import Glibc
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import StewardCore

/// Reads any bytes as what a worker sends, cut anywhere. The frames are those that a plain reader finds, and a pool whose
/// worker says such things stays whole: every call gets one answer, in the order of `CallSink`, or still waits for it. The
/// first byte is the length of the pieces.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 1 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let (found, error) = read(Array(input[1...]), pieces: Int(input[0]) + 1)
    let (expected, expectedError) = plainRead(Array(input[1...]))
    guard found.count == expected.count, (error == nil) == (expectedError == nil) else {
        fatalError("\(found.count) frames and \(error as Any) for \(expected.count) and \(expectedError as Any)")
    }
    for (frame, plain) in zip(found, expected) {
        guard frame.header.kind == plain.kind, frame.header.call == plain.call,
            Array(frame.payload.readableBytesView) == plain.payload
        else { fatalError("a frame is read as another one") }
    }
    try! loop.submit { play(found) }.wait()
    return 0
}

private let loop = MultiThreadedEventLoopGroup.singleton.next()

// MARK: Cutting

private func read(_ bytes: [UInt8], pieces: Int) -> ([Frame], FrameError?) {
    var reader = FrameReader()
    var frames: [Frame] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        reader.append(ByteBuffer(bytes: rest.prefix(pieces)))
        rest = rest.dropFirst(pieces)
        do throws(FrameError) {
            while let frame = try reader.next() { frames.append(frame) }
        } catch {
            return (frames, error)
        }
    }
    return (frames, nil)
}

private struct PlainFrame {
    var kind: UInt8
    var call: UInt32
    var payload: [UInt8]
}

private func plainRead(_ bytes: [UInt8]) -> ([PlainFrame], String?) {
    var frames: [PlainFrame] = []
    var at = 0
    func number(_ offset: Int) -> Int {
        (0..<4).reduce(0) { $0 + Int(bytes[at + offset + $1]) << (8 * $1) }
    }
    while bytes.count - at >= 24 {
        if number(0) > 64 << 20 { return (frames, "long") }
        if ![1, 2, 3, 4, 5, 6, 7, 16, 17].contains(bytes[at + 4]) { return (frames, "kind") }
        guard bytes.count - at >= 24 + number(0) else { break }
        let payload = Array(bytes[(at + 24)..<(at + 24 + number(0))])
        frames.append(PlainFrame(kind: bytes[at + 4], call: UInt32(number(8)), payload: payload))
        at += 24 + number(0)
    }
    return (frames, nil)
}

// MARK: A pool that hears it

private func play(_ frames: [Frame]) {
    let firstDescriptor = dup(0)
    close(firstDescriptor)
    defer { for descriptor in firstDescriptor..<(firstDescriptor + 16) { close(descriptor) } }
    let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
    let pool = makePool(logger)
    pool.onOutput = { line in
        if line.text.utf8.count > 3 * 16 << 10 { fatalError("a line of \(line.text.utf8.count) bytes was logged") }
    }
    var sinks: [StrictSink] = []
    pool.scheduler.start()
    guard let worker = pool.scheduler.workers.first, let link = try? WorkerLink(worker: worker) else { return }
    for worker in pool.scheduler.workers { pool.scheduler.ready(worker, pid: 0, now: 1) }
    for id in 1...4 as ClosedRange<UInt32> {
        let sink = StrictSink()
        pool.scheduler.submit(makeCall(id, sink), now: 2)
        sinks.append(sink)
    }
    pool.scheduler.actions = []
    for frame in frames { pool.received(frame, from: link) }
    var waiting = pool.scheduler.workers.flatMap(\.calls)
    for queue in [pool.scheduler.quick, pool.scheduler.slow] { queue.forEach { waiting.append($0) } }
    for sink in sinks where !sink.isOver {
        if !waiting.contains(where: { $0.sink === sink }) { fatalError("a call was forgotten without an answer") }
    }
}

private func makePool(_ logger: Logger) -> WorkerPool {
    var limits = Scheduler.Limits()
    limits.primaries = 1
    limits.overflow = 1
    let settings = ZygoteSettings(
        zone: "/", python: "/nowhere", sessions: SessionKey(secret: "", prefix: "/", sharing: .own), version: "", environment: [], cgroup: nil, confinement: nil)
    return WorkerPool(
        zygote: Zygote(settings: settings, loop: loop, logger: logger),
        zone: .init(name: "/", prefix: "/", folder: "/nowhere", environment: [:]), limits: limits,
        cancelGrace: nil, scratch: nil, logger: logger)
}

private func makeCall(_ id: UInt32, _ sink: StrictSink) -> Call {
    let stamp = FileStamp(inode: 1, size: 1, seconds: 1, nanoseconds: 1)
    let script = Script(path: "x.py", route: "/x.py", zone: "/", kind: .python, stamp: stamp)
    script.profile.record(wall: 10, cpu: 10, streamed: false)
    return Call(
        id: id, script: script, trace: TraceID(high: 1, low: 1), payload: ByteBuffer(), isSafe: true,
        isDescribe: id == 4, submitted: 2, deadline: .max, sink: sink)
}

/// Stops the program when it is told something out of order.
private final class StrictSink: CallSink {
    private enum State { case fresh, begun, over }
    private var state = State.fresh
    var isOver: Bool { state == .over }
    var isFull: Bool { false }

    private func go(from: [State], to: State, _ what: String) {
        guard from.contains(state) else { fatalError("\(what) in the state \(state)") }
        state = to
    }

    func reply(status: Int, headers: ByteBuffer, body: ByteBuffer, length: AnswerLength) {
        go(from: [.fresh], to: .over, "reply")
        check(status)
    }

    func begin(status: Int, headers: ByteBuffer, length: AnswerLength) {
        go(from: [.fresh], to: .begun, "begin")
        check(status)
    }

    func write(_ bytes: ByteBuffer) { go(from: [.begun], to: .begun, "write") }
    func finish() { go(from: [.begun], to: .over, "finish") }

    func fail(_ failure: CallFailure) {
        go(from: [.fresh, .begun], to: .over, "fail")
        if case .script(let failure) = failure, let status = failure.status, !(400...599).contains(status) {
            fatalError("a failure is answered with status \(status)")
        }
    }

    private func check(_ status: Int) {
        guard (200...999).contains(status) else { fatalError("an answer has the status \(status)") }
    }
}
