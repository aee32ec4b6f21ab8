package import NIOCore

/// What a connection may cost, in time and bytes. Every deadline is met within a second.
package struct EdgeLimits: Sendable {
    /// From the connection to the end of the TLS handshake.
    package var handshake: TimeAmount = .seconds(10)
    /// From the first byte of a request to the end of its head.
    package var header: TimeAmount = .seconds(10)
    /// Slowest rate of a request body, bytes a second, over any `bodyWindow`; 0: any.
    package var bodyRate = 500
    /// The time over which `bodyRate` is measured, which is also how long a body may pause.
    package var bodyWindow: TimeAmount = .seconds(10)
    /// How long a client may take nothing of an answer.
    package var write: TimeAmount = .seconds(30)
    /// Slowest rate at which a client may take an answer that waits for it, bytes a second, over any `write`; 0: any.
    package var writeRate = 500
    /// How long a connection may be idle between two requests.
    package var keepAlive: TimeAmount = .seconds(60)
    /// After the last answer of a connection: how long the client may take to close.
    package var linger: TimeAmount = .seconds(2)
    /// And how many bytes it may still send.
    package var lingerSize = 16 << 20
    /// How much of a request's body is read and thrown away for the sake of the connection, if the answer came first.
    package var unreadBody = 64 << 10
    /// Longest request line and header line, bytes.
    package var line = 8 << 10
    /// Longest header section, bytes.
    package var headers = 32 << 10
    /// Most header fields.
    package var headerCount = 100
    /// Most connections at a time.
    package var connections = 10_000
    /// A request body up to this many bytes stays in memory; a larger one goes to a file.
    package var spool = 1 << 20

    /// The most of an answer that waits in memory for its client, bytes; the rest waits in a file.
    package var answerMemory = 256 << 10
    /// The most bytes that wait there in all.
    package var answerFiles = 2 << 30

    /// The defaults.
    package init() {}
}
