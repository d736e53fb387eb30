-- 封緘: the keys of sealed columns, each under the one above it; the root key is outside the database.

-- One line of versions for each municipality, and one ("area") for what belongs to none.
CREATE TABLE master_key (
  id      UUID PRIMARY KEY,
  tenant  TEXT NOT NULL,
  version BIGINT NOT NULL,
  wrapped BYTEA NOT NULL,
  made_at TIMESTAMPTZ NOT NULL,
  UNIQUE (tenant, version)
);

-- The key of everything sealed that belongs to one case, one consultation or one person's drafts. Without it they are noise.
CREATE TABLE sealing_key (
  owner_id  UUID PRIMARY KEY,
  master_id UUID NOT NULL REFERENCES master_key (id),
  wrapped   BYTEA NOT NULL,
  made_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX sealing_key_master ON sealing_key (master_id, owner_id);
