/// How a `Validator` looks names up.
package struct ValidatorOptions: Hashable, Sendable {
    /// A file with the name servers of a private root, as named.root has them; nil: the Internet's root.
    package var rootHints: String?
    /// A file with trust anchors, DS or DNSKEY records as zone files have them; nil: the Internet's root keys.
    package var anchor: String?
    /// Resolvers that are asked instead of the root's name servers; their answers are validated all the same.
    package var forward: [NameServer]
    /// How long one look-up may take.
    package var timeout: Duration
    /// How many look-ups go on at a time; more wait in turn.
    package var atOnce: Int

    /// The Internet's root, unless said otherwise.
    package init(
        rootHints: String? = nil, anchor: String? = nil, forward: [NameServer] = [], timeout: Duration = .seconds(20),
        atOnce: Int = 200
    ) {
        self.rootHints = rootHints
        self.anchor = anchor
        self.forward = forward
        self.timeout = timeout
        self.atOnce = atOnce
    }

    /// The root's keys of 2017 (tag 20326) and of 2024 (tag 38696), as IANA publishes them
    /// (https://data.iana.org/root-anchors/root-anchors.xml).
    package static let rootKeys = [
        ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
        ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
    ]

    /// Zones that libunbound answers by itself unless it is told not to (RFC 6761), and that private roots use.
    static let privateZones = ["test.", "invalid.", "onion.", "home.arpa."]

    /// Whether it is another root than the Internet's, or somebody else who asks it.
    var isPrivate: Bool { rootHints != nil || anchor != nil || !forward.isEmpty }
}

/// Why there can be no validator.
package struct ValidatorFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do, ending without a period.
    package var text: String

    /// The text.
    package var description: String { text }
}
