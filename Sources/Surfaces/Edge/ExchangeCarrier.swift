internal import NIOCore
package import StewardCore

/// What carries an exchange: an HTTP/1.1 connection, or one stream of an HTTP/2 connection. Confined to its event loop.
/// An answer is `encode`, then `sendHead`, then for a stream `sendBody`s and `sendEnd`; `ended` always follows, or
/// `cut` takes its place.
protocol ExchangeCarrier: AnyObject {
    /// The edge that it belongs to.
    var edge: Edge { get }
    /// The peer's address as text; nil on the control socket.
    var peer: String? { get }
    /// The peer's port.
    var peerPort: Int { get }
    /// The process at the other end of the control socket.
    var peerProcess: Int32? { get }
    /// Whether the peer came over the control socket.
    var isLocal: Bool { get }
    /// What TLS proved of the peer; nil where the bytes are plain.
    var security: ConnectionSecurity? { get }
    /// Whether the peer takes the answer as fast as it comes.
    var isWritable: Bool { get }

    /// Where the request's body goes.
    func makeReceiver(limit: Int, folder: String?) -> BodyReceiver
    /// Tells a client that waits for it to send its body.
    func sendContinue()
    /// Checks and writes the head of an answer, and keeps it until `sendHead`.
    /// - Returns: nil if the header lines are malformed.
    func encode(_ head: AnswerHead, of exchange: Exchange) -> HeaderBlock.Result?
    /// Sends the head with a whole body or, for a stream, alone.
    func sendHead(body: ByteBuffer?, isLast: Bool)
    /// Sends the next bytes of a stream.
    func sendBody(_ bytes: ByteBuffer, of exchange: Exchange)
    /// Ends a stream.
    func sendEnd(of exchange: Exchange)
    /// The answer is complete.
    func ended(_ exchange: Exchange)
    /// The answer can't go on.
    func cut(_ exchange: Exchange)
}

/// What the head of an answer says.
struct AnswerHead {
    var status: Int
    /// The script's header lines, unchecked.
    var lines: ByteBuffer
    var length: BodyLength
    /// The bytes of a whole body; nil for a stream.
    var count: Int?
}

/// What TLS says of a connection.
package struct ConnectionSecurity: Sendable {
    /// `TLSv1.3`.
    package var version: String
    /// The certificate that the client proved to own, if its chain leads to the `client_ca`.
    package var clientCertificate: ClientCertificate?
}
