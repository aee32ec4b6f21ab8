import Foundation
import Logging
import StewardAccess

/// Keeps the dispatcher's keys those of the settings and of the state folder as it is now; a state folder that can't
/// be read is logged, and the last keys go on counting.
final class KeyWatch: Sendable {
    let store: KeyStore
    private let live: LiveKeyRing
    private let logger: Logger

    init(store: KeyStore, fixed: [AccessKey], logger: Logger) throws {
        self.store = store
        self.logger = logger
        live = try LiveKeyRing(fixed: fixed, store: store)
    }

    var current: KeyRing { live.ring }

    /// The keys of the settings are others now.
    func replace(fixed: [AccessKey]) -> KeyRing {
        live.replace(fixed: fixed)
        return current
    }

    /// Looks now.
    func reload() -> KeyRing { reloadIfChanged() ?? current }

    /// The new ring, if the keys changed since the last look.
    func reloadIfChanged() -> KeyRing? {
        do {
            return try live.refresh() ? live.ring : nil
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
