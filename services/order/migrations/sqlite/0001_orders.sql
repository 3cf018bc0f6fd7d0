-- Ids are UUIDv7, so that their order is the order in which orders came.
CREATE TABLE orders (
    id              TEXT PRIMARY KEY,
    -- For the reader of the data; what makes a key count once is the table below.
    idempotency_key TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    item            TEXT NOT NULL,
    quantity        INTEGER NOT NULL,
    status          TEXT NOT NULL,
    created_at      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_of_user ON orders (user_id, id);

-- Written in the transaction that writes the order: both are there, or neither.
CREATE TABLE idempotency_keys (
    key          TEXT PRIMARY KEY,
    request_hash BLOB NOT NULL,
    order_id     TEXT NOT NULL REFERENCES orders (id)
) STRICT, WITHOUT ROWID;
