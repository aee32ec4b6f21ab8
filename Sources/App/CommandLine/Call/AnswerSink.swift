import Foundation
import Glibc
import NIOCore
import NIOHTTP1

/// Takes an answer as it comes and writes it to standard output or a file. Used by one task at a time.
final class AnswerSink: @unchecked Sendable {
    private let descriptor: Int32
    private let includesHead: Bool
    /// The answer's head, once it came.
    private(set) var head: HTTPResponseHead?

    /// Writes to `file`, made anew; nil: standard output.
    init(file: String?, includesHead: Bool) throws {
        self.includesHead = includesHead
        guard let file else {
            descriptor = STDOUT_FILENO
            return
        }
        descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw CommandFailure("-o: can't write \(file): \(FileReason.text(errno))") }
    }

    deinit { if descriptor != STDOUT_FILENO { close(descriptor) } }

    /// Takes the head.
    func begin(_ head: HTTPResponseHead) throws {
        self.head = head
        guard includesHead else { return }
        var text =
            "HTTP/\(head.version.major).\(head.version.minor) \(head.status.code) \(head.status.reasonPhrase)\r\n"
        for (name, value) in head.headers { text += "\(name): \(value)\r\n" }
        try Output.write(Array((text + "\r\n").utf8)[...], to: descriptor)
    }

    /// Takes a piece of the body.
    func write(_ bytes: ByteBuffer) throws {
        try Output.write(Array(bytes.readableBytesView)[...], to: descriptor)
    }
}
