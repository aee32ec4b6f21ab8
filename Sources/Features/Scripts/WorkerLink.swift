import CLinux
import Glibc
internal import NIOCore
internal import NIOPosix

/// The wires to one worker: data socket, control socket, output pipe, progress page. Confined to the pool's loop.
final class WorkerLink: @unchecked Sendable {
    let worker: Worker
    private let progress: UnsafeMutableRawPointer
    private var data: (any Channel)?
    private var control: (any Channel)?
    private var output: (any Channel)?
    private var outbound = ByteBuffer()
    /// Room for a batch of frames, so that it doesn't grow step by step.
    private static let gathered = 32 << 10
    var isReading = true
    /// It said what no worker may say: it is being killed, and nothing more of it counts.
    var isDistrusted = false
    /// The data socket has ended, and all that came over it was read.
    var isDisconnected = false
    /// The worker's number at its zygote; 0 until it is forked.
    var id = 0
    /// Its scratch folder.
    var scratch: String?
    /// How the process ended; set once the zygote has said so, after which its pid is never signalled.
    var exitStatus: Int32?

    /// The ends that the worker gets, in the order of the protocol; whoever sends them closes them.
    let remote: [Int32]
    private let local: (data: Int32, control: Int32, output: Int32)

    /// Opens the wires.
    /// - Throws: `ZygoteFailure` when the process is out of descriptors or memory.
    init(worker: Worker) throws(ZygoteFailure) {
        var data: [Int32] = [-1, -1]
        var control: [Int32] = [-1, -1]
        var pipe: [Int32] = [-1, -1]
        let page = clinux_memfd("steward-progress", 4096)
        let isOpen =
            page >= 0 && clinux_socketpair(0, &data) == 0 && clinux_socketpair(0, &control) == 0
            && clinux_pipe(&pipe) == 0
        let map = isOpen ? mmap(nil, 4096, PROT_READ, MAP_SHARED, page, 0) : MAP_FAILED
        guard isOpen, let map, map != MAP_FAILED else {
            let reason = lastError()
            for descriptor in data + control + pipe + [page] where descriptor >= 0 { Glibc.close(descriptor) }
            throw ZygoteFailure("No sockets for a worker: \(reason).")
        }
        self.worker = worker
        progress = map
        local = (data[0], control[0], pipe[0])
        remote = [data[1], control[1], pipe[1], page]
    }

    deinit { munmap(progress, 4096) }

    /// How many calls the worker has begun since it was forked.
    var started: UInt64 { progress.load(as: UInt64.self) }

    /// Puts the near ends on the loop. `pool` hears of frames, lines and the end.
    func connect(loop: any EventLoop, pool: WorkerPool) -> EventLoopFuture<Void> {
        let loopBound = NIOLoopBound((self, pool), eventLoop: loop)
        func attach(_ descriptor: Int32, isControl: Bool) -> EventLoopFuture<any Channel> {
            ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let (link, pool) = loopBound.value
                        try channel.pipeline.syncOperations.addHandler(
                            WorkerHandler(link: link, pool: pool, isControl: isControl))
                    }
                }
                .withConnectedSocket(descriptor)
        }
        let pipe = NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (link, pool) = loopBound.value
                    try channel.pipeline.syncOperations.addHandler(OutputHandler(link: link, pool: pool))
                }
            }
            .takingOwnershipOfDescriptor(input: local.output)
        return attach(local.data, isControl: false).and(attach(local.control, isControl: true)).and(pipe)
            .map { channels in
                let (link, _) = loopBound.value
                link.data = channels.0.0
                link.control = channels.0.1
                link.output = channels.1
            }
    }

    /// Queues a frame; `flush` sends what has gathered.
    func enqueue(_ frame: ByteBuffer) {
        guard outbound.readableBytes > 0 else { return outbound = frame }
        if outbound.writableBytes < frame.readableBytes {
            outbound.reserveCapacity(minimumWritableBytes: max(Self.gathered, frame.readableBytes))
        }
        outbound.writeImmutableBuffer(frame)
    }

    func flush() {
        guard outbound.readableBytes > 0 else { return }
        data?.writeAndFlush(outbound, promise: nil)
        outbound = ByteBuffer()
    }

    func poke() {
        var frame = ByteBuffer()
        FrameHeader(length: 0, kind: .giveBack).write(to: &frame)
        control?.writeAndFlush(frame, promise: nil)
    }

    func pause(_ paused: Bool) {
        guard isReading == paused else { return }
        isReading = !paused
        data?.setOption(ChannelOptions.autoRead, value: !paused).whenComplete { _ in }
        if !paused { data?.read() }
    }

    func close() {
        data?.close(promise: nil)
        control?.close(promise: nil)
    }
}

/// Turns bytes of a worker's data or control socket into frames.
private final class WorkerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: WorkerLink
    private let pool: WorkerPool
    private let isControl: Bool
    private var reader = FrameReader()

    init(link: WorkerLink, pool: WorkerPool, isControl: Bool) {
        self.link = link
        self.pool = pool
        self.isControl = isControl
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.append(unwrapInboundIn(data))
        do {
            while let frame = try reader.next() { pool.received(frame, from: link) }
        } catch {
            pool.distrust(link, because: "its frames make no sense: \(error)")
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isControl { pool.disconnected(link) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Cuts what C code and child processes print into lines.
private final class OutputHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: WorkerLink
    private let pool: WorkerPool
    private var line = ByteBuffer()
    private static let longest = 16 << 10

    init(link: WorkerLink, pool: WorkerPool) {
        self.link = link
        self.pool = pool
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while bytes.readableBytes > 0 {
            let end = bytes.readableBytesView.firstIndex(of: 10)
            let count = end.map { $0 - bytes.readerIndex } ?? bytes.readableBytes
            line.writeImmutableBuffer(bytes.readSlice(length: count)!)
            if end != nil { bytes.moveReaderIndex(forwardBy: 1) }
            if end != nil || line.readableBytes >= Self.longest { emit() }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if line.readableBytes > 0 { emit() }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func emit() {
        pool.printed(String(buffer: line), by: link)
        line.clear()
    }
}
