-- 緊急の閲覧: a record that is not one's own, opened for four hours with a reason, and reviewed by somebody else.
CREATE TABLE break_glass (
  id          UUID PRIMARY KEY,
  case_id     UUID NOT NULL REFERENCES child_case (id),
  person_id   UUID NOT NULL REFERENCES person (id),
  seat_id     UUID NOT NULL REFERENCES seat (id),
  reason      BYTEA NOT NULL,
  at          TIMESTAMPTZ NOT NULL,
  ends_at     TIMESTAMPTZ NOT NULL,
  review_due  TIMESTAMPTZ NOT NULL,
  reviewed_at TIMESTAMPTZ,
  reviewed_by UUID REFERENCES person (id),
  finding     TEXT,
  note        BYTEA,
  CHECK (reviewed_by IS NULL OR reviewed_by <> person_id)
);
-- Who asks for children that are not there is looked at, and stopped after a few.
CREATE TABLE break_glass_miss (
  id        UUID PRIMARY KEY,
  person_id UUID NOT NULL REFERENCES person (id),
  at        TIMESTAMPTZ NOT NULL,
  reason    BYTEA NOT NULL
);
CREATE INDEX break_glass_miss_person ON break_glass_miss (person_id, at);
CREATE INDEX break_glass_case ON break_glass (case_id, at);
CREATE INDEX break_glass_person ON break_glass (person_id, at);
