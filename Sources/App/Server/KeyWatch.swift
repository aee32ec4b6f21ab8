import Foundation
import Logging
import StewardAccess
import Synchronization

/// The keys that count: those of the settings and the environment, and those of the state folder as they are now.
final class KeyWatch: Sendable {
    let store: KeyStore
    private let fixed: [AccessKey]
    private let logger: Logger
    private let ring: Mutex<KeyRing>

    init(store: KeyStore, fixed: [AccessKey], logger: Logger) throws {
        self.store = store
        self.fixed = fixed
        self.logger = logger
        ring = Mutex(KeyRing(fixed + (try store.keysIfChanged() ?? [])))
    }

    var current: KeyRing { ring.withLock { $0 } }

    /// Looks now.
    func reload() -> KeyRing { reloadIfChanged() ?? current }

    /// The new ring, if the keys changed since the last look.
    func reloadIfChanged() -> KeyRing? {
        do {
            guard let stored = try store.keysIfChanged() else { return nil }
            let fresh = KeyRing(fixed + stored)
            ring.withLock { $0 = fresh }
            return fresh
        } catch {
            logger.error("The keys can't be read: \(error)", metadata: ["event": "keys-unreadable"])
            return nil
        }
    }

    func flushUses() {
        do { try store.flushUses() } catch {
            logger.error("The last use of keys can't be written: \(error)", metadata: ["event": "keys-unwritable"])
        }
    }
}
