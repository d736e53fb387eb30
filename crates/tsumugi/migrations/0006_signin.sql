-- サインイン: passkeys, the ceremonies that are under way, and invitations.

CREATE TABLE passkey (
  id            UUID PRIMARY KEY,
  person_id     UUID NOT NULL REFERENCES person (id),
  credential_id BYTEA NOT NULL UNIQUE,
  body          TEXT NOT NULL,
  name          TEXT NOT NULL,
  added_at      TIMESTAMPTZ NOT NULL,
  used_at       TIMESTAMPTZ,
  -- Set where a counter went backwards: two copies of the key may exist.
  suspended_at  TIMESTAMPTZ,
  removed_at    TIMESTAMPTZ
);
CREATE INDEX passkey_person ON passkey (person_id, removed_at);

CREATE TABLE ceremony (
  token_hash BYTEA PRIMARY KEY,
  kind       TEXT NOT NULL,
  state      TEXT NOT NULL,
  person_id  UUID REFERENCES person (id),
  made_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX ceremony_made ON ceremony (made_at);

CREATE TABLE invitation (
  id          UUID PRIMARY KEY,
  purpose     TEXT NOT NULL,
  person_id   UUID REFERENCES person (id),
  made_by     UUID REFERENCES person (id),
  made_at     TIMESTAMPTZ NOT NULL,
  -- Recovery is approved by a second administrator; only then is there a link.
  approved_by UUID REFERENCES person (id),
  token_hash  BYTEA UNIQUE,
  code_hash   BYTEA,
  expires_at  TIMESTAMPTZ NOT NULL,
  tries       BIGINT NOT NULL DEFAULT 0,
  -- The browser that gave the right code: only it may register the passkey.
  holder_hash BYTEA UNIQUE,
  used_at     TIMESTAMPTZ,
  revoked_at  TIMESTAMPTZ,
  CHECK (approved_by IS NULL OR approved_by <> made_by)
);
CREATE INDEX invitation_person ON invitation (person_id, made_at);
