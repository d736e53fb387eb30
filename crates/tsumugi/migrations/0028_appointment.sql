-- 予定: what comes next for a child, as the people who come have agreed with the family.
CREATE TABLE appointment (
  id              UUID PRIMARY KEY,
  case_id         UUID NOT NULL REFERENCES child_case (id),
  kind            TEXT NOT NULL,
  starts_at       TIMESTAMPTZ NOT NULL,
  minutes         BIGINT NOT NULL,
  content         BYTEA NOT NULL, -- sealed: what, a line break, where, a line break, a note
  for_family      BOOLEAN NOT NULL,
  made_by         UUID NOT NULL REFERENCES person (id),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  made_at         TIMESTAMPTZ NOT NULL,
  cancelled_at    TIMESTAMPTZ,
  cancelled_by    UUID REFERENCES person (id),
  version         BIGINT NOT NULL DEFAULT 1,
  CHECK ((cancelled_at IS NULL) = (cancelled_by IS NULL))
);
CREATE INDEX appointment_case ON appointment (case_id, starts_at);
CREATE INDEX appointment_own ON appointment (made_by, starts_at) WHERE cancelled_at IS NULL;
