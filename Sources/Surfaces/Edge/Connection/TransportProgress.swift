internal import NIOCore

/// What the peer's side of a connection has taken.
enum TransportProgress {
    /// The beginning of the kernel's `struct tcp_info`, up to `tcpi_bytes_acked` (Linux 4.1).
    private struct Information: Sendable {
        var before: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
        var middle: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
        var after: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
        var acknowledged: UInt64 = 0
    }

    private static let tcp = NIOBSDSocket.OptionLevel.tcp
    /// TCP_INFO, tcp(7).
    private static let information = NIOBSDSocket.Option(rawValue: 11)

    /// Bytes that wait in the program for room in the socket's buffer.
    static func waiting(_ channel: any Channel) -> Int {
        (try? channel.syncOptions?.getOption(ChannelOptions.bufferedWritableBytes)) ?? 0
    }

    /// Bytes that the peer's system has acknowledged; nil where the transport is not TCP.
    static func acknowledged(_ channel: any Channel) -> Int? {
        guard let provider = channel as? any SocketOptionProvider, channel.localAddress?.protocol != .unix else {
            return nil
        }
        var bytes: Int?
        let answer: EventLoopFuture<Information> = provider.unsafeGetSocketOption(level: tcp, name: information)
        // On the channel's own loop the answer is there at once.
        answer.assumeIsolated().whenSuccess { bytes = Int(clamping: $0.acknowledged) }
        return bytes
    }
}
