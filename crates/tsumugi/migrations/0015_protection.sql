-- 守る情報: where somebody must not find a child, what would lead them there lies here and nowhere else, under a key of its own.
CREATE TABLE protection (
  id         UUID PRIMARY KEY,
  case_id    UUID NOT NULL REFERENCES child_case (id),
  kind       TEXT NOT NULL,
  -- When it must be looked at again. Nothing ends by this day alone.
  until_on   DATE NOT NULL,
  reason     BYTEA NOT NULL, -- sealed
  begun_by   UUID NOT NULL REFERENCES person (id),
  begun_at   TIMESTAMPTZ NOT NULL,
  ended_by   UUID REFERENCES person (id),
  ended_at   TIMESTAMPTZ,
  end_reason BYTEA, -- sealed
  CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX protection_live ON protection (case_id) WHERE ended_at IS NULL;
CREATE INDEX protection_until ON protection (until_on) WHERE ended_at IS NULL;
CREATE INDEX protection_of_case ON protection (case_id, begun_at);

CREATE TABLE protected_fact (
  id         UUID PRIMARY KEY,
  case_id    UUID NOT NULL REFERENCES child_case (id),
  field      TEXT NOT NULL,
  value      BYTEA NOT NULL, -- sealed
  written_by UUID NOT NULL REFERENCES person (id),
  written_at TIMESTAMPTZ NOT NULL,
  gone_by    UUID REFERENCES person (id),
  gone_at    TIMESTAMPTZ,
  CHECK ((gone_at IS NULL) = (gone_by IS NULL))
);
CREATE INDEX protected_fact_of_case ON protected_fact (case_id, field, written_at, id);
