-- Ids are UUIDv7, so that their order is the order in which users came.
CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    -- Two spellings of one address are one person.
    email      TEXT NOT NULL UNIQUE COLLATE NOCASE,
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
