-- 除外: somebody to whom a case does not exist, whatever else they may: family of the staff, a conflict of interest, an ex-partner.
CREATE TABLE case_exclusion (
  id        UUID PRIMARY KEY,
  case_id   UUID NOT NULL REFERENCES child_case (id),
  person_id UUID NOT NULL REFERENCES person (id),
  reason    BYTEA NOT NULL,
  set_by    UUID NOT NULL REFERENCES person (id),
  since     TIMESTAMPTZ NOT NULL,
  until     TIMESTAMPTZ,
  ended_by  UUID REFERENCES person (id),
  CHECK (set_by <> person_id)
);
CREATE UNIQUE INDEX case_exclusion_live ON case_exclusion (person_id, case_id) WHERE until IS NULL;
CREATE INDEX case_exclusion_case ON case_exclusion (case_id, since);
