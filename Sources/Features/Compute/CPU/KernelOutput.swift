import Synchronization

/// Where the text goes that kernels on the processor print: standard output, unless told otherwise.
package final class KernelOutput: Sendable {
    /// Of all launches of this process.
    package static let current = KernelOutput()

    private let sink = Mutex<(@Sendable (UnsafeRawBufferPointer) -> Void)?>(nil)

    private init() {}

    /// Gives the text to `newSink` (from any thread, one call after the other); nil: to standard output.
    package func send(to newSink: (@Sendable (UnsafeRawBufferPointer) -> Void)?) { sink.withLock { $0 = newSink } }

    /// Whether a sink was given.
    var isRedirected: Bool { sink.withLock { $0 != nil } }

    package func write(_ text: UnsafeRawBufferPointer) { sink.withLock { $0?(text) } }
}
