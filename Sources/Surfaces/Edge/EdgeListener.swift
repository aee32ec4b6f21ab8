package import NIOCore

/// A bound TCP socket. Closed by `Edge.close(_:)` once it is open, before that by `abandon()`.
package struct EdgeListener: Sendable {
    let channel: any Channel

    /// The bound address, with the port that the system chose.
    package var address: SocketAddress { channel.localAddress! }

    /// Closes a socket that was never opened for connections.
    package func abandon() { channel.close(promise: nil) }
}
