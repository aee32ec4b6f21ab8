import CUnbound
import Dispatch
import Glibc

/// One libunbound context with its cache and its thread. Everything that touches it runs on its queue, which waits for no
/// name server.
final class UnboundContext: Sendable {
    /// What libunbound gave.
    struct Answer: Sendable {
        var code: UInt8
        var packet: [UInt8]
        var isSecure: Bool
        var isBogus: Bool
        var why: String
        var ttl: UInt32
    }

    enum Failure: Error, Hashable, Sendable {
        case timeout
        case cancelled
        /// libunbound's words.
        case library(String)
    }

    /// libunbound's functions lock the context by themselves.
    private struct Handle: @unchecked Sendable { let pointer: OpaquePointer }

    private let handle: Handle
    private let queue = DispatchQueue(label: "libunbound")
    nonisolated(unsafe) private let source: any DispatchSourceRead

    init(_ options: ValidatorOptions) throws(ValidatorFailure) {
        for (file, what) in [(options.rootHints, "root hints"), (options.anchor, "trust anchors")] {
            guard let file else { continue }
            guard access(file, R_OK) == 0 else {
                throw ValidatorFailure(
                    text: "\(file): the file with the \(what) can't be read: \(String(cString: strerror(errno)))")
            }
        }
        guard let pointer = ub_ctx_create() else {
            throw ValidatorFailure(text: "libunbound gives no context: \(String(cString: strerror(errno)))")
        }
        let handle = Handle(pointer: pointer)
        do { try Self.configure(pointer, options) } catch {
            ub_ctx_delete(pointer)
            throw error
        }
        self.handle = handle
        source = DispatchSource.makeReadSource(fileDescriptor: ub_fd(pointer), queue: queue)
        source.setEventHandler { ub_process(handle.pointer) }
        source.setCancelHandler { ub_ctx_delete(handle.pointer) }
        source.resume()
    }

    deinit { source.cancel() }

    private static func configure(
        _ context: OpaquePointer, _ options: ValidatorOptions
    ) throws(ValidatorFailure) {
        func check(_ code: Int32, _ what: String) throws(ValidatorFailure) {
            guard code == 0 else {
                throw ValidatorFailure(text: "libunbound refuses \(what): \(String(cString: ub_strerror(code)))")
            }
        }
        ub_ctx_debugout(context, nil)
        try check(ub_ctx_async(context, 1), "a thread")
        var settings = [
            // Each port and connection has a buffer; what finds none free waits in turn.
            ("outgoing-range:", "64"), ("num-queries-per-thread:", "1024"), ("outgoing-num-tcp:", "4"),
            ("msg-cache-size:", "4m"), ("rrset-cache-size:", "8m"),
            // Keys are asked for as soon as it is known that they will be needed, and nobody is told which anchor is used.
            ("prefetch-key:", "yes"), ("trust-anchor-signaling:", "no"),
            // Name servers' other addresses are looked up when they are needed.
            ("target-fetch-policy:", "0 0 0 0 0"),
        ]
        if options.isPrivate { settings.append(("do-not-query-localhost:", "no")) }
        if let hints = options.rootHints { settings.append(("root-hints:", hints)) }
        for (name, value) in settings {
            try check(ub_ctx_set_option(context, name, value), "\(name) \(value)")
        }
        for server in options.forward {
            try check(ub_ctx_set_fwd(context, "\(server.address)@\(server.port)"), "the resolver \(server)")
        }
        if let anchor = options.anchor {
            try check(ub_ctx_add_ta_file(context, anchor), "the trust anchors in \(anchor)")
        } else {
            for key in ValidatorOptions.rootKeys { try check(ub_ctx_add_ta(context, key), "the trust anchor \(key)") }
        }
        // Ends the configuration, after which no option is taken.
        for zone in options.isPrivate ? ValidatorOptions.privateZones : [] {
            try check(
                ub_ctx_zone_remove(context, zone), "the settings; are the files with root hints and anchors right")
        }
    }

    /// Looks `type` of `name` up, for at most `timeout`.
    func resolve(_ name: DomainName, _ type: RecordType, timeout: Duration) async -> Result<Answer, Failure> {
        let pending = Pending()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { self.begin(pending, name, type, timeout, continuation) }
            }
        } onCancel: {
            queue.async { self.end(pending, .cancelled) }
        }
    }

    /// A look-up that is under way; touched on the queue alone.
    private final class Pending: @unchecked Sendable {
        private var continuation: CheckedContinuation<Result<Answer, Failure>, Never>?
        private(set) var isOver = false
        var id: Int32?
        var timer: DispatchWorkItem?

        func begin(_ continuation: CheckedContinuation<Result<Answer, Failure>, Never>) {
            self.continuation = continuation
            if isOver { give(.failure(.cancelled)) }
        }

        func give(_ result: Result<Answer, Failure>) {
            isOver = true
            timer?.cancel()
            timer = nil
            continuation?.resume(returning: result)
            continuation = nil
        }
    }

    private func begin(
        _ pending: Pending, _ name: DomainName, _ type: RecordType, _ timeout: Duration,
        _ continuation: CheckedContinuation<Result<Answer, Failure>, Never>
    ) {
        pending.begin(continuation)
        guard !pending.isOver else { return }
        var id: Int32 = 0
        let retained = Unmanaged.passRetained(pending)
        let code = ub_resolve_async(
            handle.pointer, name.description, Int32(type.rawValue), 1, retained.toOpaque(),
            { data, code, result in UnboundContext.finish(data, code, result) }, &id)
        guard code == 0 else {
            retained.release()
            return pending.give(.failure(.library(String(cString: ub_strerror(code)))))
        }
        pending.id = id
        // The queue keeps the item until its time, cancelled or not: it must not keep a context that was replaced.
        let timer = DispatchWorkItem { [weak self, weak pending] in
            if let self, let pending { self.end(pending, .timeout) }
        }
        pending.timer = timer
        queue.asyncAfter(deadline: .now() + .milliseconds(Int(timeout / .milliseconds(1))), execute: timer)
    }

    /// Ends a look-up from this side; libunbound calls no longer back then.
    private func end(_ pending: Pending, _ failure: Failure) {
        guard !pending.isOver else { return }
        if let id = pending.id, ub_cancel(handle.pointer, id) == 0 { Unmanaged.passUnretained(pending).release() }
        pending.give(.failure(failure))
    }

    private static func finish(
        _ data: UnsafeMutableRawPointer?, _ code: Int32, _ result: UnsafeMutablePointer<ub_result>?
    ) {
        defer { ub_resolve_free(result) }
        guard let data else { return }
        let pending = Unmanaged<Pending>.fromOpaque(data).takeRetainedValue()
        guard code == 0, let result = result?.pointee else {
            return pending.give(.failure(.library(String(cString: ub_strerror(code)))))
        }
        let packet = result.answer_packet.map {
            Array(UnsafeRawBufferPointer(start: $0, count: max(0, Int(result.answer_len))))
        }
        pending.give(
            .success(
                Answer(
                    code: UInt8(truncatingIfNeeded: result.rcode), packet: packet ?? [], isSecure: result.secure != 0,
                    isBogus: result.bogus != 0, why: result.why_bogus.map { String(cString: $0) } ?? "",
                    ttl: UInt32(clamping: result.ttl))))
    }
}
