import GRDB

/// One step of a feature's tables, applied once and never changed after a release.
package struct DatabaseMigration: Sendable {
    /// Unique in the whole program: `access.1-keys`.
    package let identifier: String
    let apply: @Sendable (GRDB.Database) throws -> Void

    /// A step that `apply` carries out within one transaction.
    package init(_ identifier: String, apply: @escaping @Sendable (GRDB.Database) throws -> Void) {
        self.identifier = identifier
        self.apply = apply
    }
}
