internal import Foundation
internal import Glibc
internal import Synchronization

/// What the confined helper asks of its runner, and the answer: one JSON document each, its length in four bytes
/// (big-endian) before it.
enum RunnerMessage {
    /// A command to run.
    struct Request: Codable, Hashable, Sendable {
        /// What the answer is known by.
        var id: Int
        /// The program and its arguments.
        var words: [String]
        /// How long it may take.
        var seconds: Double
        /// What is added to its environment.
        var environment: [String: String]
        /// Its standard input.
        var input: Data
    }

    /// What came of it.
    struct Reply: Codable, Hashable, Sendable {
        /// Which request it answers.
        var id: Int
        /// Whether it ended well.
        var isGood: Bool
        /// Why not.
        var reason: String
        /// Standard output.
        var output: Data
    }

    /// More bytes than any message has.
    private static let limit = 128 << 20

    /// Writes `message`; false where the other end is gone. Callers write one at a time.
    static func write(_ message: some Encodable, to descriptor: Int32) -> Bool {
        guard let json = try? JSONEncoder().encode(message) else { return false }
        let length = UInt32(json.count)
        let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> UInt32($0)) }
        var rest = (head + json)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Reads a message; nil at the end, or where what comes is none.
    static func read<Message: Decodable>(_ type: Message.Type, from descriptor: Int32) -> Message? {
        guard let head = bytes(4, from: descriptor) else { return nil }
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit, let json = bytes(length, from: descriptor) else { return nil }
        return try? JSONDecoder().decode(type, from: Data(json))
    }

    private static func bytes(_ count: Int, from descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: filled), count - filled)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { return nil }
            filled += got
        }
        return bytes
    }
}

/// Lets one message at a time be written.
final class WriteTurn: Sendable {
    private let turn = Mutex(())

    /// Writes `message`; false where the other end is gone.
    func write(_ message: some Encodable, to descriptor: Int32) -> Bool {
        turn.withLock { _ in RunnerMessage.write(message, to: descriptor) }
    }
}
