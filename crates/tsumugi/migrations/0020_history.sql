-- What was corrected in the records of a case: field by field, before and after.
CREATE TABLE record_change (
  id        UUID PRIMARY KEY,
  case_id   UUID NOT NULL REFERENCES child_case (id),
  subject   TEXT NOT NULL,               -- case or family
  object_id UUID NOT NULL,
  body      BYTEA NOT NULL,              -- sealed: about whom, and each field with both values
  guarded   BOOLEAN NOT NULL DEFAULT FALSE, -- sealed with the key of the protected facts
  by_id     UUID NOT NULL REFERENCES person (id),
  at        TIMESTAMPTZ NOT NULL
);
CREATE INDEX record_change_case ON record_change (case_id, at);
