/// Which key a zone asks for.
package enum KeyRequirement: String, Hashable, Sendable, CaseIterable {
    /// No key; a key that is presented still names the caller.
    case none
    /// An API key or an admin key.
    case api
    /// An admin key.
    case admin
}

/// Who may call a zone: two questions, both must pass.
package struct ZoneAccess: Hashable, Sendable {
    /// The zone.
    package var prefix: ZonePrefix
    /// The key it asks for.
    package var key: KeyRequirement
    /// The addresses it admits; an empty list admits every address.
    package var addresses: AddressList

    /// The rules of one zone.
    package init(prefix: ZonePrefix, key: KeyRequirement = .none, addresses: AddressList = AddressList()) {
        self.prefix = prefix
        self.key = key
        self.addresses = addresses
    }
}
