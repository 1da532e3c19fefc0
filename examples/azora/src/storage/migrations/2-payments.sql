-- Payments outlive the accounts that made them.
CREATE TABLE payments (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id     INTEGER REFERENCES users ON DELETE SET NULL,
    key         TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('course', 'plan')),
    item        TEXT NOT NULL,
    method      TEXT NOT NULL,
    source      TEXT NOT NULL,
    currency    TEXT NOT NULL,
    amount      INTEGER NOT NULL CHECK (amount > 0),
    state       TEXT NOT NULL CHECK (state IN ('pending', 'authorised', 'declined', 'failed')),
    reason      TEXT,
    chargeback  TEXT,
    created_at  INTEGER NOT NULL,
    settled_at  INTEGER,
    UNIQUE (user_id, key)
) STRICT;
CREATE INDEX payments_pending ON payments (id) WHERE state = 'pending';

CREATE TABLE refunds (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    payment_id  INTEGER NOT NULL REFERENCES payments,
    key         TEXT NOT NULL,
    amount      INTEGER NOT NULL CHECK (amount > 0),
    state       TEXT NOT NULL CHECK (state IN ('pending', 'refunded', 'failed')),
    created_at  INTEGER NOT NULL,
    settled_at  INTEGER,
    UNIQUE (payment_id, key)
) STRICT;
CREATE INDEX refunds_pending ON refunds (id) WHERE state = 'pending';
