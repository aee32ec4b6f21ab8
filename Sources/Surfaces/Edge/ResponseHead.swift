import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import StewardCore

/// Writes status lines and the headers that are the server's own.
struct ResponseHead {
    private var date: [UInt8] = []
    private var second = -1

    /// The value of `Date` of this second.
    mutating func dateText() -> String {
        refresh()
        return String(decoding: date.dropFirst(Self.dateName.utf8.count), as: UTF8.self)
    }

    private static let dateName = "\r\nDate: "

    /// `HTTP/1.1 200 OK`, `Date`, `X-Trace-Id`.
    mutating func start(_ status: Int, trace: TraceID, to head: inout ByteBuffer) {
        head.writeStaticString("HTTP/1.1 ")
        if status == 200 {
            head.writeStaticString("200 OK")
        } else {
            head.writeString("\(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)")
        }
        refresh()
        head.writeBytes(date)
        head.writeStaticString("\r\nX-Trace-Id: ")
        head.writeWithUnsafeMutableBytes(minimumWritableBytes: 32) { bytes in
            trace.write(to: bytes.bindMemory(to: UInt8.self))
            return 32
        }
        head.writeStaticString("\r\n")
    }

    /// `CRLF Date: ...` of this second (RFC 9110, section 5.6.7).
    private mutating func refresh() {
        var now = time(nil)
        guard now != second else { return }
        second = now
        var parts = tm()
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 64)
        let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
        date = Array(Self.dateName.utf8) + text[..<count].map { UInt8(bitPattern: $0) }
    }

    /// `Content-Length: n`.
    static func length(_ count: Int, to head: inout ByteBuffer) {
        head.writeStaticString("Content-Length: ")
        head.writeString(String(count))
        head.writeStaticString("\r\n")
    }

    /// Whether an answer with this status never has a body (RFC 9110, section 6.4.1).
    static func isBodyless(_ status: Int) -> Bool { status < 200 || status == 204 || status == 304 }
}
