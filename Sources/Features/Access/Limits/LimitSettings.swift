import StewardSettings

/// What a settings file says about one limit.
package enum LimitSetting<Value: Hashable & Sendable>: Hashable, Sendable {
    /// Nothing: as it is set further up.
    case unset
    /// `none`: no limit.
    case none
    /// This one.
    case limit(Value)

    /// The limit that counts, where `above` is set further up.
    package func resolved(_ above: Value?) -> Value? {
        switch self {
        case .unset: above
        case .none: nil
        case .limit(let value): value
        }
    }
}

extension ValueKind {
    /// A limit: a value of `kind`, or `none`.
    package static func limit<Limit>(_ kind: ValueKind<Limit>) -> ValueKind where Value == LimitSetting<Limit> {
        ValueKind(
            name: "\(kind.name) or none",
            read: { node, reader in
                if case .scalar("none", plain: _) = node.content { return LimitSetting.none }
                return kind.read(node, &reader).map { .limit($0) }
            },
            format: { setting in
                if case .limit(let value) = setting { kind.format(value) } else { nil }
            })
    }
}

/// The sections `rate` and `concurrency`, of a zone or beneath `limits`.
package struct LimitSettings: Hashable, Sendable {
    /// Limits of one kind, by what they go by.
    package struct Kinds<Value: Hashable & Sendable>: Hashable, Sendable {
        /// For each key.
        package var key = LimitSetting<Value>.unset
        /// For each address.
        package var address = LimitSetting<Value>.unset
        /// For each route.
        package var route = LimitSetting<Value>.unset

        fileprivate func resolved(_ above: ByKind<Value>) -> ByKind<Value> {
            ByKind(
                key: key.resolved(above.key), address: address.resolved(above.address),
                route: route.resolved(above.route))
        }
    }

    /// How often.
    package var rate = Kinds<Rate>()
    /// How many at a time.
    package var concurrency = Kinds<Int>()

    /// Nothing set.
    package init() {}

    /// The limits that count, where `above` is set further up.
    package func rules(above: LimitRules = LimitRules()) -> LimitRules {
        LimitRules(rate: rate.resolved(above.rate), concurrency: concurrency.resolved(above.concurrency))
    }

    /// The keys of a zone; `standard` says what counts when one is left out.
    package static func section(standard: String, of whom: String) -> SettingsSection<LimitSettings> {
        let rates = kinds(
            .rate, standard: "\(standard)rate", examples: ("100/s burst 200", "20/s", "500/s"),
            "100/s, 20/10s, 1000/h; `20/s burst 40` lets 40 come at once")
        let counts = kinds(
            ValueKind<Int>.integer(in: 1...1_000_000), standard: "\(standard)concurrency", examples: ("16", "8", "32"),
            "calls that run or wait")
        return SettingsSection(LimitSettings()) {
            Field(
                "rate", \.rate, .section(rates), "How often \(whom) may be called; more get 429. docs/guides/limits.md."
            )
            Field(
                "concurrency", \.concurrency, .section(counts),
                "How many calls \(whom) may have at a time; more get 429.")
        }
    }

    private static func kinds<Value: Hashable & Sendable>(
        _ kind: ValueKind<Value>, standard: String, examples: (String, String, String), _ what: String
    ) -> SettingsSection<Kinds<Value>> {
        let isTop = !standard.contains(".")
        func word(_ name: String) -> String { isTop ? "none" : "\(standard).\(name)" }
        return SettingsSection(Kinds()) {
            Field(
                "key", \.key, .limit(kind), standard: word("key"), example: examples.0,
                "The most for each key: \(what).")
            Field(
                "address", \.address, .limit(kind), standard: word("address"), example: examples.1,
                "The most for each address (IPv6: each /64); a caller whose key is counted by `key` is not counted here."
            )
            Field(
                "route", \.route, .limit(kind), standard: word("route"), example: examples.2,
                "The most for each route, all callers together.")
        }
    }
}
