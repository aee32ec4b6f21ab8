/// One message between the server and the helper: `S` `H`, the version, the kind, the payload's length in four bytes
/// (big-endian), the payload (JSON). Described in docs/design/helper-protocol.md.
package struct HelperFrame: Hashable, Sendable {
    /// What the payload is.
    package enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        /// A `HelperRequest`.
        case request = 1
        /// What was asked for.
        case result = 2
        /// A `HelperProblem`: why not.
        case problem = 3
    }

    /// The version of the protocol that this program speaks.
    package static let version: UInt8 = 1
    /// The bytes before the payload.
    package static let headerSize = 8
    /// The largest request: the text of a plan over 10,000 lineages fits.
    package static let requestLimit = 16 << 20
    /// The largest answer.
    package static let answerLimit = 256 << 20

    /// What the payload is.
    package var kind: Kind
    /// JSON.
    package var payload: [UInt8]

    /// A message of `payload`.
    package init(_ kind: Kind, _ payload: [UInt8]) {
        self.kind = kind
        self.payload = payload
    }

    /// As it goes over the wire.
    package var encoded: [UInt8] {
        let length = UInt32(payload.count)
        var bytes: [UInt8] = [UInt8(ascii: "S"), UInt8(ascii: "H"), Self.version, kind.rawValue]
        bytes.reserveCapacity(Self.headerSize + payload.count)
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: length >> UInt32(shift))) }
        return bytes + payload
    }
}

/// Why bytes are no message; nothing after them can be read.
package enum HelperFrameError: Error, Hashable, Sendable, CustomStringConvertible {
    /// They don't begin as a message does.
    case foreign
    /// The other end speaks another version.
    case version(UInt8)
    /// There is no such kind of message.
    case kind(UInt8)
    /// A message longer than the limit is announced; both in bytes.
    case tooLarge(Int, limit: Int)

    /// A sentence.
    package var description: String {
        switch self {
        case .foreign: "The other end does not speak the helper's protocol."
        case .version(let version):
            "The other end speaks version \(version) of the helper's protocol, this one version \(HelperFrame.version); run server and helper from the same Steward."
        case .kind(let kind): "There is no message of kind \(kind)."
        case .tooLarge(let size, let limit): "A message of \(size) bytes was announced; \(limit) is the most."
        }
    }
}

/// Finds messages in bytes that come in pieces of any size.
package struct HelperFrameDecoder: Sendable {
    private let limit: Int
    private var buffer: [UInt8] = []
    private var consumed = 0

    /// A decoder that takes payloads of up to `limit` bytes.
    package init(limit: Int) { self.limit = limit }

    /// Adds what came.
    package mutating func append(_ bytes: some Sequence<UInt8>) {
        if consumed > 64 << 10 {
            buffer.removeFirst(consumed)
            consumed = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// How many bytes wait for the rest of their message.
    package var pending: Int { buffer.count - consumed }

    /// The next whole message; nil until more bytes come. A wrong head is told as soon as it is there.
    package mutating func next() throws(HelperFrameError) -> HelperFrame? {
        let head = buffer[consumed...].prefix(HelperFrame.headerSize)
        try Self.check(head)
        guard head.count == HelperFrame.headerSize, let kind = HelperFrame.Kind(rawValue: head[consumed + 3]) else {
            return nil
        }
        let length = head[(consumed + 4)...].reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit else { throw .tooLarge(length, limit: limit) }
        let end = consumed + HelperFrame.headerSize + length
        guard buffer.count >= end else { return nil }
        let payload = Array(buffer[(consumed + HelperFrame.headerSize)..<end])
        consumed = end
        return HelperFrame(kind, payload)
    }

    private static func check(_ head: ArraySlice<UInt8>) throws(HelperFrameError) {
        for (byte, expected) in zip(head, [UInt8(ascii: "S"), UInt8(ascii: "H")]) where byte != expected {
            throw .foreign
        }
        let rest = head.dropFirst(2)
        guard let version = rest.first else { return }
        guard version == HelperFrame.version else { throw .version(version) }
        guard let kind = rest.dropFirst().first else { return }
        guard HelperFrame.Kind(rawValue: kind) != nil else { throw .kind(kind) }
    }
}
