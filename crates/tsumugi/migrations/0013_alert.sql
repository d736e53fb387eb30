-- 見張り: what somebody must look at who is not the one it is about.
CREATE TABLE alert (
  id         UUID PRIMARY KEY,
  kind       TEXT NOT NULL,
  -- About whom; NULL where it is about the journal itself.
  person_id  UUID REFERENCES person (id),
  -- The hour that it is about: one alert of a kind about one person in one hour.
  hour       TIMESTAMPTZ NOT NULL,
  at         TIMESTAMPTZ NOT NULL,
  -- The case that it is about, where it is about one.
  case_id    UUID REFERENCES child_case (id),
  -- How many different cases were seen, or the first bad place of the journal.
  count      BIGINT NOT NULL,
  handled_by UUID REFERENCES person (id),
  handled_at TIMESTAMPTZ,
  note       TEXT NOT NULL DEFAULT '',
  CHECK (handled_by IS NULL OR person_id IS NULL OR handled_by <> person_id)
);
CREATE UNIQUE INDEX alert_once ON alert (person_id, kind, hour) WHERE person_id IS NOT NULL AND case_id IS NULL;
-- Somebody and a case that may be of their own family or of a colleague: looked at once.
CREATE UNIQUE INDEX alert_of_case ON alert (case_id, person_id, kind) WHERE case_id IS NOT NULL;
CREATE UNIQUE INDEX alert_journal ON alert (kind) WHERE person_id IS NULL AND handled_at IS NULL;
CREATE INDEX alert_open ON alert (at) WHERE handled_at IS NULL;
