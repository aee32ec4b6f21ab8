import ArgumentParser
import Foundation
import Glibc

/// Data goes to standard output, messages to standard error.
enum Output {
    /// Writes a line of data.
    static func line(_ text: String) throws { try write(Array((text + "\n").utf8)[...], to: STDOUT_FILENO) }

    /// Writes `value` as indented JSON with its keys in order.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Writes a line for people.
    static func message(_ text: String) {
        try? write(Array((text + "\n").utf8)[...], to: STDERR_FILENO)
    }

    /// Writes all bytes. When the reader has gone, the command ends without a word.
    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EPIPE { throw ExitCode(ExitStatus.failure.rawValue) }
            guard count > 0 else { throw CommandFailure("can't write the output: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
    }

    /// How many columns standard output has; nil when it is no terminal.
    static var columns: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
