-- 記録簿の鎖: each entry's hash covers the entry and the hash before it.

CREATE TABLE journal_head (
  id           BIGINT PRIMARY KEY CHECK (id = 1),
  -- Begins the chain, so that no other installation's journal can stand in for this one.
  installation UUID NOT NULL,
  seq          BIGINT NOT NULL,
  hash         BYTEA NOT NULL
);

CREATE TABLE journal_seal (
  seq      BIGINT PRIMARY KEY,
  entry_id UUID NOT NULL,
  hash     BYTEA NOT NULL
);

-- Where several nodes write at once, entries wait here for the one that seals (PostgreSQL).
CREATE TABLE journal_queue (
  entry_id UUID PRIMARY KEY REFERENCES journal (id)
);
