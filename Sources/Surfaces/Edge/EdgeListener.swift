package import NIOCore

/// A bound TCP socket. Closed by `Edge.close(_:)` once it is open, before that by `abandon()`.
package struct EdgeListener: Sendable {
    let channel: any Channel
    /// The bound address, with the port that the system chose. A channel that has closed knows it no more.
    package let address: SocketAddress

    init(channel: any Channel) throws {
        guard let address = channel.localAddress else { throw ChannelError.ioOnClosedChannel }
        self.channel = channel
        self.address = address
    }

    /// Closes a socket that was never opened for connections.
    package func abandon() { channel.close(promise: nil) }
}
