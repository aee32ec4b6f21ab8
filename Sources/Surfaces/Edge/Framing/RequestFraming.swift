internal import StewardCore

/// Where each request of a connection begins and ends (RFC 9112), decided before the parser sees a byte of it.
///
/// Stricter than the parser: what two programs could read in two ways is refused. A request passes only if this and
/// the parser agree on it.
struct RequestFraming {
    /// What to do with the bytes at hand.
    enum Step: Equatable {
        /// They can't be decided before more come.
        case wait
        /// So many bytes before a request mean nothing.
        case skip(Int)
        /// So many bytes go to the parser.
        case pass(Int)
        /// Nothing after this has a meaning; the connection is to be closed.
        case refuse(Problem)
    }

    private enum Place {
        /// Before or in a head.
        case head(HeadScan)
        case body(Int)
        case chunks(ChunkScan)
    }

    private var place = Place.head(HeadScan())
    private var hasSkipped = false
    /// Bytes of the head that passed with the last step; 0 if none did.
    private(set) var headLength = 0
    /// Whether a value in that head has bytes beyond ASCII.
    private(set) var hasHighBytes = false
    /// Whether a value in that head ends with white space.
    private(set) var hasLooseEnds = false
    /// Heads and whole requests that passed.
    private(set) var heads = 0
    private(set) var requests = 0

    /// Whether the next byte belongs to a new request.
    var isBetweenRequests: Bool { if case .head = place { true } else { false } }

    /// Decides `bytes`, which begin where the last step ended. At most one request passes in a step.
    mutating func next(_ bytes: UnsafeRawBufferPointer, limits: EdgeLimits) -> Step {
        headLength = 0
        guard !bytes.isEmpty else { return .wait }
        switch place {
        case .head(var scan):
            if bytes[0] == 13, !hasSkipped { return emptyLine(bytes) }
            let outcome = scan.read(bytes, limits: limits)
            place = .head(scan)
            switch outcome {
            case .incomplete: return .wait
            case .refused(let problem): return .refuse(problem)
            case .complete(let length): return begin(scan, length: length, bytes, limits: limits)
            }
        case .body(let left): return .pass(body(left, bytes.count))
        case .chunks(let scan): return chunks(scan, bytes, after: 0, limits: limits)
        }
    }

    /// One empty line before a request line is ignored (RFC 9112, section 2.2).
    private mutating func emptyLine(_ bytes: UnsafeRawBufferPointer) -> Step {
        guard bytes.count > 1 else { return .wait }
        guard bytes[1] == 10 else { return .refuse(HeadScan.badLine("The request begins with a lone CR.")) }
        hasSkipped = true
        return .skip(2)
    }

    private mutating func begin(
        _ scan: HeadScan, length: Int, _ bytes: UnsafeRawBufferPointer, limits: EdgeLimits
    ) -> Step {
        headLength = length
        hasHighBytes = scan.hasHighBytes
        hasLooseEnds = scan.hasLooseEnds
        heads += 1
        switch scan.body {
        case .none:
            end()
            return .pass(length)
        case .length(let count): return .pass(length + body(count, bytes.count - length))
        case .chunked: return chunks(ChunkScan(), bytes, after: length, limits: limits)
        }
    }

    private mutating func body(_ left: Int, _ available: Int) -> Int {
        let count = min(left, available)
        if count == left { end() } else { place = .body(left - count) }
        return count
    }

    private mutating func chunks(
        _ scan: ChunkScan, _ bytes: UnsafeRawBufferPointer, after start: Int, limits: EdgeLimits
    ) -> Step {
        var scan = scan
        let outcome = scan.read(UnsafeRawBufferPointer(rebasing: bytes[start...]), limits: limits)
        place = .chunks(scan)
        switch outcome {
        case .pass(let count): return start + count == 0 ? .wait : .pass(start + count)
        case .refused(let problem): return start == 0 ? .refuse(problem) : .pass(start)
        case .end(let count):
            end()
            return .pass(start + count)
        }
    }

    private mutating func end() {
        requests += 1
        hasSkipped = false
        place = .head(HeadScan())
    }
}
