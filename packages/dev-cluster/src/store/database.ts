import { DatabaseSync, type StatementSync } from "node:sqlite";

/** A row to save: `json` absent means that the object is gone. */
export interface SavedRow {
  resource: string;
  key: string;
  version: number;
  json?: string;
}

/**
 * The file that keeps the state over restarts.
 *
 * *Guarantees*: `save` is atomic, and what it wrote survives the death of the process (SQLite's WAL without
 * fsync: a crash of the machine itself may lose the newest writes, never consistency).
 */
export class Database {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #mark: StatementSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    claim(this.#database, path);
    this.#database.exec("PRAGMA synchronous = NORMAL");
    this.#database.exec(
      "CREATE TABLE IF NOT EXISTS objects (resource TEXT, key TEXT, version INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (resource, key)) WITHOUT ROWID",
    );
    this.#database.exec(
      "CREATE TABLE IF NOT EXISTS latest (id INTEGER PRIMARY KEY CHECK (id = 0), version INTEGER NOT NULL)",
    );
    this.#put = this.#database.prepare(
      "INSERT OR REPLACE INTO objects (resource, key, version, json) VALUES (?, ?, ?, ?)",
    );
    this.#remove = this.#database.prepare("DELETE FROM objects WHERE resource = ? AND key = ?");
    this.#mark = this.#database.prepare("INSERT OR REPLACE INTO latest (id, version) VALUES (0, ?)");
  }

  /** Every saved object, and the newest version ever given out. */
  load(): { rows: Required<SavedRow>[]; version: number } {
    const rows = this.#database.prepare("SELECT resource, key, version, json FROM objects").all();
    const latest = this.#database.prepare("SELECT version FROM latest").get();
    return {
      rows: rows.map((row) => ({
        resource: String(row["resource"]),
        key: String(row["key"]),
        version: Number(row["version"]),
        json: String(row["json"]),
      })),
      version: Number(latest?.["version"] ?? 0),
    };
  }

  save(rows: readonly SavedRow[], version: number): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const row of rows) {
        if (row.json === undefined) this.#remove.run(row.resource, row.key);
        else this.#put.run(row.resource, row.key, row.version, row.json);
      }
      this.#mark.run(version);
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw new Error("Cannot save the cluster's state: is the disk full or the folder read-only?", { cause: error });
    }
  }

  close(): void {
    this.#database.close();
  }
}

/** Takes the file for this process alone: two clusters over one state would destroy it. */
function claim(database: DatabaseSync, path: string): void {
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; BEGIN EXCLUSIVE; COMMIT");
  } catch (error) {
    database.close();
    throw new Error(`Cannot open "${path}": another dev cluster uses this folder; stop it, or choose another folder`, {
      cause: error,
    });
  }
}
