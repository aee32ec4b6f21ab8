/// Something for each of the three that limits go by; nil: no limit.
package struct ByKind<Value: Hashable & Sendable>: Hashable, Sendable {
    /// For each key.
    package var key: Value?
    /// For each address, of callers that `key` doesn't count.
    package var address: Value?
    /// For each route, all callers together.
    package var route: Value?

    /// Nothing unless given.
    package init(key: Value? = nil, address: Value? = nil, route: Value? = nil) {
        self.key = key
        self.address = address
        self.route = route
    }

    /// Whether there is none.
    package var isEmpty: Bool { key == nil && address == nil && route == nil }

    /// The value for a kind.
    package subscript(kind: LimitKind) -> Value? {
        switch kind {
        case .key: key
        case .address: address
        case .route: route
        }
    }
}

/// How often and how many at a time: the limits of a zone, or those of one script.
package struct LimitRules: Hashable, Sendable {
    /// How often.
    package var rate = ByKind<Rate>()
    /// How many at a time.
    package var concurrency = ByKind<Int>()

    /// No limits.
    package init() {}

    /// These limits.
    package init(rate: ByKind<Rate>, concurrency: ByKind<Int> = ByKind()) {
        self.rate = rate
        self.concurrency = concurrency
    }

    /// Whether there are none.
    package var isEmpty: Bool { rate.isEmpty && concurrency.isEmpty }
}

/// A request that is over a limit.
package struct LimitRefusal: Hashable, Sendable {
    /// Which limit.
    package enum Limit: Hashable, Sendable {
        /// How often.
        case rate(Rate)
        /// How many at a time.
        case concurrency(Int)
    }

    /// The limit that is reached.
    package var limit: Limit
    /// Who reached it.
    package var caller: LimitedCaller
    /// What the limit goes by.
    package var kind: LimitKind { caller.kind }
    /// Whether the script itself sets the limit.
    package var isScript = false
    /// How long until another try makes sense, nanoseconds.
    package var wait: UInt64
    /// Requests refused since the log last said so, if it is time to say so again.
    package var news: Int?

    /// Refusals of this caller without a pause of ten seconds between them.
    package var count = 1

    /// Whoever takes no notice of that many refusals is answered late, so that asking again and again at full speed costs the
    /// others nothing.
    package static let patience = 50

    /// Whether this caller is to be answered late.
    package var isHammering: Bool { count > Self.patience }

    /// `Retry-After`: whole seconds, at least one (RFC 9110, section 10.2.3).
    package var retryAfter: Int { max(1, Int((wait + 999_999_999) / 1_000_000_000)) }

    /// `rate-key`, `concurrency-route`: for the metrics.
    package var label: String {
        switch (limit, kind) {
        case (.rate, .key): "rate-key"
        case (.rate, .address): "rate-address"
        case (.rate, .route): "rate-route"
        case (.concurrency, .key): "concurrency-key"
        case (.concurrency, .address): "concurrency-address"
        case (.concurrency, .route): "concurrency-route"
        }
    }

    /// The limit as the settings write it: `rate.key 100/s`.
    package var rule: String {
        switch limit {
        case .rate(let rate): "rate.\(kind.rawValue) \(rate)"
        case .concurrency(let most): "concurrency.\(kind.rawValue) \(most)"
        }
    }
}
