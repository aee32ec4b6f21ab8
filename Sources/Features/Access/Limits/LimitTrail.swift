/// What the limits have to do with one request: what its answer tells about them, and what is given back at its end.
package struct LimitTrail {
    private var standings = FewOf<LimitStanding>()
    private var tickets = FewOf<LimitTicket>()

    /// Nothing yet.
    package init() {}

    /// Whether the answer has nothing to tell.
    package var isSilent: Bool { standings.isEmpty }

    mutating func note(_ standing: LimitStanding) { standings.append(standing) }
    mutating func note(_ ticket: LimitTicket) { tickets.append(ticket) }

    /// The request is over.
    package mutating func end() {
        tickets.forEach { $0.limiter.release(slot: $0.slot, isRoute: $0.isRoute) }
        tickets = FewOf()
    }

    /// The lines of `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), each with its line end.
    package var fields: [UInt8] {
        guard !isSilent else { return [] }
        var text: [UInt8] = []
        text.reserveCapacity(160)
        text.append("RateLimit-Policy: ")
        var isFirst = true
        standings.forEach { standing in
            if !isFirst { text.append(", ") }
            isFirst = false
            text.append(standing.name)
            text.append(";q=")
            text.append(number: standing.rate.burst)
            text.append(";w=")
            text.append(number: Self.seconds(standing.rate.window))
        }
        text.append("\r\nRateLimit: ")
        isFirst = true
        standings.forEach { standing in
            if !isFirst { text.append(", ") }
            isFirst = false
            text.append(standing.name)
            text.append(";r=")
            text.append(number: standing.remaining)
            text.append(";t=")
            text.append(number: Self.seconds(standing.used))
        }
        text.append("\r\n")
        return text
    }

    /// Whole seconds, rounded up; at least one, as a window of none means nothing.
    private static func seconds(_ nanoseconds: UInt64) -> Int {
        max(1, Int((nanoseconds + 999_999_999) / 1_000_000_000))
    }
}

/// How a request's caller stands with one rate.
struct LimitStanding {
    var isScript: Bool
    var kind: LimitKind
    var rate: Rate
    /// Requests that are left.
    var remaining: Int
    /// The time until all are there again, nanoseconds.
    var used: UInt64

    /// The policy's name, a String of RFC 9651.
    var name: StaticString {
        switch (isScript, kind) {
        case (false, .key): "\"key\""
        case (false, .address): "\"address\""
        case (false, .route): "\"route\""
        case (true, .key): "\"script-key\""
        case (true, .address): "\"script-address\""
        case (true, .route): "\"script-route\""
        }
    }
}

/// A place among those who may call at the same time.
struct LimitTicket {
    var limiter: Limiter
    var slot: Int
    var isRoute: Bool
}

/// Up to four values without an allocation: a request meets at most a zone's and a script's limits, each by caller and by route.
private struct FewOf<Value> {
    private var first: Value?
    private var second: Value?
    private var third: Value?
    private var fourth: Value?

    var isEmpty: Bool { first == nil }

    mutating func append(_ value: Value) {
        if first == nil {
            first = value
        } else if second == nil {
            second = value
        } else if third == nil {
            third = value
        } else {
            fourth = value
        }
    }

    func forEach(_ body: (Value) -> Void) {
        if let first { body(first) }
        if let second { body(second) }
        if let third { body(third) }
        if let fourth { body(fourth) }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    fileprivate mutating func append(number: Int) {
        if number >= 10 { append(number: number / 10) }
        append(UInt8(48 + number % 10))
    }
}
