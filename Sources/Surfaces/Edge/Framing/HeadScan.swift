internal import StewardCore

/// Reads a request's head line by line as its bytes come (RFC 9112, sections 2 to 6), and says how the body is framed.
struct HeadScan {
    /// How the body after a head is delimited.
    enum Body: Equatable {
        case none
        case length(Int)
        case chunked
    }

    /// What came of the bytes so far.
    enum Outcome: Equatable {
        /// The head's end has not come.
        case incomplete
        /// The head is good and has so many bytes.
        case complete(Int)
        case refused(Problem)
    }

    /// The beginning of the line that is to be read next.
    private var next = 0
    private var fields = 0
    private var version = 0
    private var length: Int?
    private var isChunked = false
    /// Whether a field's value has bytes beyond ASCII.
    private(set) var hasHighBytes = false
    /// Whether a value ends with white space, which is no part of it.
    private(set) var hasLooseEnds = false

    /// How the body is framed, once the head is complete.
    var body: Body { isChunked ? .chunked : length.map { $0 == 0 ? .none : .length($0) } ?? .none }

    /// Reads on in `bytes`, which begin with the request line; lines that were read before are not read again.
    mutating func read(_ bytes: UnsafeRawBufferPointer, limits: EdgeLimits) -> Outcome {
        if next == 0, let first = bytes.first, !FieldScan.isToken(first) {
            return .refused(Self.badLine("The request does not begin with a method."))
        }
        while let feed = FieldScan.lineFeed(bytes, from: next) {
            guard feed > next, bytes[feed - 1] == 13 else {
                return .refused(Self.badLine("A line of the head does not end with CR LF."))
            }
            let line = UnsafeRawBufferPointer(rebasing: bytes[next..<(feed - 1)])
            let isRequestLine = next == 0
            next = feed + 1
            if line.count + 2 > limits.line { return .refused(Self.tooLong(isRequestLine: isRequestLine, limits)) }
            if isRequestLine {
                if let problem = requestLine(line) { return .refused(problem) }
            } else if line.isEmpty {
                return .complete(next)
            } else if let problem = field(line) {
                return .refused(problem)
            } else if next > limits.headers + limits.line || fields > limits.headerCount {
                return .refused(Self.tooMany(limits))
            }
        }
        guard bytes.count - next <= limits.line else { return .refused(Self.tooLong(isRequestLine: next == 0, limits)) }
        return .incomplete
    }

    /// `method SP target SP HTTP/1.x` (RFC 9112, section 3).
    private mutating func requestLine(_ line: UnsafeRawBufferPointer) -> Problem? {
        guard let space = line.firstIndex(of: 32), space > 0, space <= 32,
            line[..<space].allSatisfy(FieldScan.isToken)
        else { return Self.badLine("The request line does not begin with a method and a space.") }
        let rest = line[(space + 1)...]
        guard let end = rest.firstIndex(of: 32), end > space + 1 else {
            return Self.badLine("The request line is not `METHOD TARGET HTTP/1.1` with one space between each.")
        }
        guard line[(space + 1)..<end].allSatisfy({ $0 > 32 && $0 != 127 }) else {
            return Self.badLine("The request target holds a control character.")
        }
        let name = UnsafeRawBufferPointer(rebasing: line[(end + 1)...])
        guard name.count == 8, name[..<5].elementsEqual("HTTP/".utf8), name[6] == UInt8(ascii: "."),
            48...57 ~= name[5], 48...57 ~= name[7]
        else { return Self.badLine("The request line does not end with ` HTTP/1.1`.") }
        guard name[5] == 49, name[7] <= 49 else {
            return Problem(
                "bad-version", status: 505, title: "HTTP version not supported",
                detail: "This port speaks HTTP/1.1 and HTTP/1.0.")
        }
        version = Int(name[7] - 48)
        return nil
    }

    /// `name: value` (RFC 9112, section 5); keeps what frames the body.
    private mutating func field(_ line: UnsafeRawBufferPointer) -> Problem? {
        fields += 1
        guard let colon = Self.colon(of: line) else {
            return Self.badLine("Header line \(fields) is not `Name: value`: a name is letters, digits and `-`.")
        }
        let value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...])
        guard FieldScan.isValue(value, high: &hasHighBytes) else {
            return Self.badLine("Header line \(fields) holds a control character.")
        }
        if let last = value.last, last == 32 || last == 9 { hasLooseEnds = true }
        let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        switch colon {
        case 14 where FieldScan.has("content-length", name): return contentLength(FieldScan.trimmed(value))
        case 17 where FieldScan.has("transfer-encoding", name): return transferEncoding(FieldScan.trimmed(value))
        default: return nil
        }
    }

    /// Where the colon stands after a name that is a token; nil for every other line, folded ones too.
    static func colon(of line: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < line.count, FieldScan.isToken(line[index]) { index += 1 }
        return index > 0 && index < line.count && line[index] == UInt8(ascii: ":") ? index : nil
    }

    /// RFC 9112, section 6.2; a second one is refused even where it says the same.
    private mutating func contentLength(_ value: UnsafeRawBufferPointer) -> Problem? {
        guard length == nil, let number = FieldScan.decimal(value) else {
            return Self.badFraming("Content-Length must be there once, as a decimal number of at most 18 digits.")
        }
        length = number
        return isChunked ? Self.twoFramings : nil
    }

    /// RFC 9112, section 6.1. Other codings than chunked are not for requests that a script is to read.
    private mutating func transferEncoding(_ value: UnsafeRawBufferPointer) -> Problem? {
        guard !isChunked, version == 1, FieldScan.has("chunked", value) else { return Self.twoFramings }
        isChunked = true
        return length == nil ? nil : Self.twoFramings
    }

    static let twoFramings = badFraming(
        "Transfer-Encoding may only be `chunked`, once, in HTTP/1.1 and without Content-Length.")

    static func badLine(_ detail: String) -> Problem {
        Problem("bad-request", status: 400, title: "Bad request", detail: detail)
    }

    static func badFraming(_ detail: String) -> Problem {
        Problem("bad-framing", status: 400, title: "Bad request", detail: detail)
    }

    private static func tooLong(isRequestLine: Bool, _ limits: EdgeLimits) -> Problem {
        isRequestLine
            ? Problem(
                "uri-too-long", status: 414, title: "URI too long",
                detail: "The request line has more than \(limits.line) bytes (`limits.header_line`).")
            : RequestRules.tooLarge("A header line has more than \(limits.line) bytes (`limits.header_line`).")
    }

    static func tooMany(_ limits: EdgeLimits) -> Problem {
        RequestRules.tooLarge(
            "The head has more than \(limits.headerCount) fields (`limits.header_count`) or \(limits.headers) bytes (`limits.headers`)."
        )
    }
}
