import Core
import GRDB

/// The tables of the ledger and their history. `FORMAT.md` describes them for readers with `sqlite3`.
enum LedgerSchema {
    /// "smpo" in ASCII, in the file's header: tells a ledger from other databases.
    static let applicationID = 0x736D_706F
    /// The newest version, kept in `PRAGMA user_version`.
    static let version = 3
    /// The oldest version that can be read; opened for writing it becomes the newest.
    static let oldest = 2

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        // Version 1 was never released: its records had another form, so it is refused and not migrated.
        migrator.registerMigration("2") { db in
            try db.execute(sql: tables)
            try db.execute(sql: views)
            try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = 2")
        }
        migrator.registerMigration("3") { db in
            try db.execute(sql: labellings)
            try db.execute(sql: "PRAGMA user_version = 3")
        }
        return migrator
    }

    /// The differences of the file's tables, views and triggers from those of a new ledger of its version, either way:
    /// a changed view or a trigger could show readers other numbers than the records hold.
    static func differences(_ db: Database) throws -> [String] {
        let fresh = try DatabaseQueue()
        let stored = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? version
        try migrator.migrate(fresh, upTo: "\(min(max(stored, oldest), version))")
        let expected = try fresh.read(definitions)
        let found = try definitions(db)
        return Set(expected.keys).union(found.keys).sorted(by: utf8Less).compactMap { name in
            guard expected[name] != found[name] else { return nil }
            if expected[name] == nil { return "\(name) does not belong in a ledger" }
            return found[name] == nil ? "\(name) is missing" : "\(name) is defined otherwise than a ledger's"
        }
    }

    private static func definitions(_ db: Database) throws -> [String: String] {
        let sql =
            "SELECT type || ' ' || name AS name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        var result: [String: String] = [:]
        for row in try Row.fetchAll(db, sql: sql) { result[row.text("name") ?? "?"] = row.text("sql") ?? "" }
        return result
    }

    /// The table `latents` is that of `StoredTensor`: FORMAT.md says why the name stays.
    private static let tables = """
        CREATE TABLE environments (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
            circumstances TEXT NOT NULL
        ) STRICT;
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL CHECK (state IN ('running', 'interrupted', 'finished')),
            level TEXT NOT NULL CHECK (level IN ('steps', 'tensors', 'operators')),
            inputs TEXT NOT NULL,
            inputs_digest BLOB NOT NULL CHECK (length(inputs_digest) = 32),
            environment_id INTEGER NOT NULL REFERENCES environments(id),
            outcome TEXT,
            manifest_digest BLOB CHECK (length(manifest_digest) = 32),
            started_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
            ended_at TEXT
        ) STRICT;
        CREATE TABLE steps (
            run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
            step INTEGER NOT NULL CHECK (step >= 1),
            record TEXT NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            head BLOB NOT NULL CHECK (length(head) = 32),
            PRIMARY KEY (run_id, step)
        ) STRICT;
        CREATE TABLE phases (
            run_id INTEGER NOT NULL,
            step INTEGER NOT NULL,
            phase TEXT NOT NULL,
            entries INTEGER NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            PRIMARY KEY (run_id, step, phase),
            FOREIGN KEY (run_id, step) REFERENCES steps(run_id, step) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE name_lists (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
            names TEXT NOT NULL
        ) STRICT;
        CREATE TABLE tensor_digests (
            run_id INTEGER NOT NULL,
            step INTEGER NOT NULL,
            phase TEXT NOT NULL,
            names_id INTEGER NOT NULL REFERENCES name_lists(id),
            digests BLOB NOT NULL,
            PRIMARY KEY (run_id, step, phase),
            FOREIGN KEY (run_id, step) REFERENCES steps(run_id, step) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE operators (
            run_id INTEGER NOT NULL,
            step INTEGER NOT NULL,
            position INTEGER NOT NULL CHECK (position >= 0),
            section TEXT NOT NULL,
            names_id INTEGER NOT NULL REFERENCES name_lists(id),
            digests BLOB NOT NULL,
            PRIMARY KEY (run_id, step, position),
            FOREIGN KEY (run_id, step) REFERENCES steps(run_id, step) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE latents (
            run_id INTEGER NOT NULL,
            step INTEGER NOT NULL,
            phase TEXT NOT NULL,
            name TEXT NOT NULL,
            dtype TEXT NOT NULL,
            shape TEXT NOT NULL,
            object BLOB NOT NULL CHECK (length(object) = 32),
            offset INTEGER NOT NULL CHECK (offset >= 0),
            bytes INTEGER NOT NULL CHECK (bytes >= 0),
            PRIMARY KEY (run_id, step, phase, name),
            FOREIGN KEY (run_id, step) REFERENCES steps(run_id, step) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE checkpoints (
            run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
            step INTEGER NOT NULL CHECK (step >= 0),
            part TEXT NOT NULL,
            object BLOB NOT NULL CHECK (length(object) = 32),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            PRIMARY KEY (run_id, step, part)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE measures (
            run_id INTEGER NOT NULL,
            step INTEGER NOT NULL,
            name TEXT NOT NULL,
            bits TEXT NOT NULL,
            PRIMARY KEY (run_id, step, name),
            FOREIGN KEY (run_id, step) REFERENCES steps(run_id, step) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE data_items (
            run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position >= 0),
            item TEXT NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            PRIMARY KEY (run_id, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE labels (
            run_id INTEGER NOT NULL,
            position INTEGER NOT NULL,
            name TEXT NOT NULL,
            bits TEXT NOT NULL,
            PRIMARY KEY (run_id, position, name),
            FOREIGN KEY (run_id, position) REFERENCES data_items(run_id, position) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE audits (
            id INTEGER PRIMARY KEY,
            run TEXT NOT NULL,
            verdict TEXT NOT NULL,
            report TEXT NOT NULL,
            at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        ) STRICT;
        """

    /// Labellings of folders of pairs by scorers. Numbers are REAL, which is a Double exactly:
    /// `printf('%!.17g', score_0)` prints one so that it reads back.
    private static let labellings = """
        CREATE TABLE labellings (
            id INTEGER PRIMARY KEY,
            folder TEXT NOT NULL,
            scorer BLOB NOT NULL CHECK (length(scorer) = 32),
            scorer_parts TEXT NOT NULL,
            data BLOB NOT NULL CHECK (length(data) = 32),
            gamma REAL NOT NULL,
            score_min REAL NOT NULL,
            score_max REAL NOT NULL,
            at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        ) STRICT;
        CREATE TABLE scores (
            labelling_id INTEGER NOT NULL REFERENCES labellings(id) ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position >= 0),
            item TEXT NOT NULL,
            image_0 BLOB NOT NULL CHECK (length(image_0) = 32),
            image_1 BLOB NOT NULL CHECK (length(image_1) = 32),
            score_0 REAL NOT NULL,
            score_1 REAL NOT NULL,
            alpha REAL,
            weight REAL,
            PRIMARY KEY (labelling_id, position)
        ) STRICT, WITHOUT ROWID;
        """

    /// Views, not tables: there is one copy of every digest, so nothing can disagree with it. `tensors` has a row where
    /// a tensor's digest is written down: where it changed, and every 32 steps.
    private static let views = """
        CREATE VIEW tensors AS
        SELECT run_id, step, phase, name.value AS name,
            lower(hex(substr(digests, 32 * name.key + 1, 32))) AS digest
        FROM tensor_digests JOIN name_lists ON name_lists.id = names_id, json_each(names) AS name;
        CREATE VIEW losses AS
        SELECT runs.name AS run, steps.step AS step, json_extract(steps.record, '$.phases.loss.loss.f32[0]') AS bits
        FROM steps JOIN runs ON runs.id = steps.run_id;
        """
}
