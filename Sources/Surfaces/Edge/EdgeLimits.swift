package import NIOCore

/// What a connection may cost, in time and bytes. Every deadline is met within half a second.
package struct EdgeLimits: Sendable {
    /// From the connection to the end of the TLS handshake.
    package var handshake: TimeAmount = .seconds(10)
    /// From the first byte of a request to the end of its head.
    package var header: TimeAmount = .seconds(10)
    /// Slowest average of a request body, bytes a second, judged after ten seconds.
    package var bodyRate = 500
    /// How long a client may take nothing of an answer.
    package var write: TimeAmount = .seconds(30)
    /// How long a connection may be idle between two requests.
    package var keepAlive: TimeAmount = .seconds(60)
    /// Longest request line and header line, bytes.
    package var line = 8 << 10
    /// Longest header section, bytes.
    package var headers = 32 << 10
    /// Most header fields.
    package var headerCount = 100
    /// Most connections at a time.
    package var connections = 20_000
    /// A request body up to this many bytes stays in memory; a larger one goes to a file.
    package var spool = 1 << 20

    /// The defaults.
    package init() {}
}
