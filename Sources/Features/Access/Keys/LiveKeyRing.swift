import Synchronization

/// The key ring that a running server asks: the fixed keys of settings and environment, and those of the
/// state folder as of the last `refresh`. Each caller of `ring` works on one snapshot.
package final class LiveKeyRing: Sendable {
    private struct Keys {
        var fixed: [AccessKey]
        var stored: [AccessKey] = []
        var ring: KeyRing
    }

    private let store: KeyStore
    private let current: Mutex<Keys>

    /// A ring of `fixed` keys and those that `store` holds now.
    package init(fixed: [AccessKey], store: KeyStore) throws {
        self.store = store
        current = Mutex(Keys(fixed: fixed, ring: KeyRing(fixed)))
        try refresh(with: store.keysIfChanged() ?? store.list().map(\.key))
    }

    /// The keys that count now.
    package var ring: KeyRing {
        current.withLock { $0.ring }
    }

    /// Takes over what changed in the state folder, and says whether something did; call it every second.
    /// On an error the last ring stays.
    @discardableResult
    package func refresh() throws -> Bool {
        guard let keys = try store.keysIfChanged() else { return false }
        refresh(with: keys)
        return true
    }

    /// From now on these are the keys of settings and environment.
    package func replace(fixed: [AccessKey]) {
        current.withLock {
            $0.fixed = fixed
            $0.ring = KeyRing(fixed + $0.stored)
        }
    }

    private func refresh(with keys: [AccessKey]) {
        current.withLock {
            $0.stored = keys
            $0.ring = KeyRing($0.fixed + keys)
        }
    }
}
