import GRDB
import StewardDatabase

/// The tables of access: keys and the audit log.
package enum AccessTables {
    /// The migrations to open the state database with.
    package static let migrations: [DatabaseMigration] = [
        DatabaseMigration("access.1-keys") { database in
            try database.execute(
                sql: """
                    CREATE TABLE access_key (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        name TEXT NOT NULL,
                        digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
                        role TEXT NOT NULL CHECK (role IN ('api', 'admin')),
                        zones TEXT NOT NULL,
                        created_at REAL NOT NULL,
                        expires_at REAL,
                        revoked_at REAL,
                        last_used_at REAL
                    ) STRICT;
                    CREATE UNIQUE INDEX access_key_name ON access_key (name) WHERE revoked_at IS NULL;
                    """)
        },
        DatabaseMigration("access.2-audit") { database in
            try database.execute(
                sql: """
                    CREATE TABLE audit (
                        sequence INTEGER PRIMARY KEY,
                        at INTEGER NOT NULL,
                        phase TEXT NOT NULL CHECK (phase IN ('intent', 'outcome')),
                        act INTEGER NOT NULL,
                        actor TEXT NOT NULL,
                        action TEXT NOT NULL,
                        subject TEXT NOT NULL,
                        detail TEXT NOT NULL,
                        hash BLOB NOT NULL CHECK (length(hash) = 32)
                    ) STRICT;
                    CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
                    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
                    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
                    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
                    """)
        },
    ]
}
