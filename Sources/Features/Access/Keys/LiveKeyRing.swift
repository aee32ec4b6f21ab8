import Synchronization

/// The key ring that a running server asks: the fixed keys of settings and environment, and those of the
/// state folder as of the last `refresh`. Each caller of `ring` works on one snapshot.
package final class LiveKeyRing: Sendable {
    private let fixed: [AccessKey]
    private let store: KeyStore
    private let current: Mutex<KeyRing>

    /// A ring of `fixed` keys and those that `store` holds now.
    package init(fixed: [AccessKey], store: KeyStore) throws {
        self.fixed = fixed
        self.store = store
        current = Mutex(KeyRing(fixed))
        try refresh(with: store.keysIfChanged() ?? store.list().map(\.key))
    }

    /// The keys that count now.
    package var ring: KeyRing {
        current.withLock { $0 }
    }

    /// Takes over what changed in the state folder, and says whether something did; call it every second.
    /// On an error the last ring stays.
    @discardableResult
    package func refresh() throws -> Bool {
        guard let keys = try store.keysIfChanged() else { return false }
        refresh(with: keys)
        return true
    }

    private func refresh(with keys: [AccessKey]) {
        let ring = KeyRing(fixed + keys)
        current.withLock { $0 = ring }
    }
}
