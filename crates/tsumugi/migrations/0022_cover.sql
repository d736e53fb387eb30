-- 休みの間の代わり: somebody on the same seat does another's work for at most fourteen days.
CREATE TABLE cover (
  id            UUID PRIMARY KEY,
  seat_id       UUID NOT NULL REFERENCES seat (id),
  holder_id     UUID NOT NULL REFERENCES person (id),
  substitute_id UUID NOT NULL REFERENCES person (id),
  starts_at     TIMESTAMPTZ NOT NULL,
  ends_at       TIMESTAMPTZ NOT NULL,
  made_at       TIMESTAMPTZ NOT NULL,
  begun_at      TIMESTAMPTZ,
  ended_at      TIMESTAMPTZ,
  CHECK (holder_id <> substitute_id),
  CHECK (ends_at > starts_at)
);
CREATE INDEX cover_holder ON cover (holder_id, ends_at);
CREATE INDEX cover_substitute ON cover (substitute_id, ends_at);
CREATE INDEX cover_open ON cover (ends_at) WHERE ended_at IS NULL;
CREATE INDEX team_member_cover ON team_member (cover_id) WHERE cover_id IS NOT NULL;
