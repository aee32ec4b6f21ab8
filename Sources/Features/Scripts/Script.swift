import Glibc

/// A file that answers a route, and what is known about it. Confined to the event loop of its zone.
package final class Script: @unchecked Sendable {
    /// What kind of program the file is.
    package enum Kind: String, Sendable {
        /// Python: `main(request)`, or a WSGI or ASGI `app`.
        case python
        /// An executable of another language, by CGI/1.1 (RFC 3875).
        case cgi
    }

    /// Path beneath the zone folder: `sub/x.py`.
    package let path: String
    /// URL path that it answers: `/api/sub/x.py`.
    package let route: String
    /// Prefix of its zone: `/api`.
    package let zone: String
    /// What runs it.
    package let kind: Kind
    /// Last change, seconds since 1970.
    package internal(set) var modified: Int
    /// What its syntax tree says; nil until a worker has described it.
    package internal(set) var description: ScriptDescription?
    /// How it behaves.
    package internal(set) var profile = ScriptProfile()
    /// Free for the server's own per-route state (counters).
    package var attachment: AnyObject?
    /// Identity of the content as the file system tells it.
    var stamp: FileStamp
    /// Whether its source has the word `gpu`; nil until somebody looked.
    var mentionsGPU: Bool?

    init(path: String, route: String, zone: String, kind: Kind, stamp: FileStamp) {
        self.path = path
        self.route = route
        self.zone = zone
        self.kind = kind
        self.stamp = stamp
        modified = stamp.seconds
    }
}

/// Identity of a file's content as far as the file system tells it.
struct FileStamp: Hashable, Sendable {
    var inode: UInt64
    var size: Int64
    var seconds: Int
    var nanoseconds: Int
}

/// The limits that a script sets itself: `limits = {"rate": {"address": "5/m"}, "concurrency": {"route": 2}}`.
package struct ScriptLimits: Codable, Hashable, Sendable {
    /// How often, by `key`, `address` and `route`, as the settings write it.
    package var rate: [String: String]?
    /// How many at a time, by the same.
    package var concurrency: [String: Int]?
}

/// What a script says of itself, read from its syntax tree without running it.
package struct ScriptDescription: Codable, Hashable, Sendable {
    /// `main`, `wsgi`, `asgi`, `none`.
    package var kind: String
    /// The methods that it restricts itself to.
    package var methods: [String]?
    /// First line of its documentation.
    package var doc: String?
    /// Its own deadline, seconds.
    package var timeout: Double?
    /// Why it can't be parsed.
    package var error: String?
    /// The line of that error.
    package var line: Int?
    /// The GPU cards that it asks for; nil: as its zone has it.
    package var gpu: CardDemand?
    /// Why what it says of GPU cards can't be understood.
    package var gpuError: String?
    /// How often and how many at a time it lets itself be called, beside what its zone says.
    package var limits: ScriptLimits?
    /// Why what it says of limits can't be understood.
    package var limitsError: String?

    /// The deadline in nanoseconds, from a millisecond to thirty days; nil for what is no duration.
    var timeoutNanoseconds: UInt64? {
        guard let timeout, timeout.isFinite, timeout > 0 else { return nil }
        return UInt64(min(max(timeout, 0.001), 30 * 86_400) * 1e9)
    }

    enum CodingKeys: String, CodingKey {
        case kind, methods, doc, timeout, error, line, gpu, limits
        case gpuError = "gpu_error"
        case limitsError = "limits_error"
    }

    init(kind: String, doc: String?) {
        self.kind = kind
        self.doc = doc
    }

    /// A program of another language: its first comment below a `#!` line tells what it does.
    init(program path: String) {
        var doc: String?
        if let file = fopen(path, "r") {
            defer { fclose(file) }
            if let first = readLine(from: file), first.hasPrefix("#!"), let second = readLine(from: file) {
                let text = second.drop { "#/-; ".contains($0) }
                if second.hasPrefix("#") || second.hasPrefix("//"), !text.isEmpty { doc = String(text.prefix(200)) }
            }
        }
        self.init(kind: "cgi", doc: doc)
    }
}
