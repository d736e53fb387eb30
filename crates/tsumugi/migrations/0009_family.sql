-- 家族の画面: a guardian's own account. Nothing is seen before somebody who knows them has confirmed it.
CREATE TABLE guardian_account (
  id           UUID PRIMARY KEY,
  case_id      UUID NOT NULL REFERENCES child_case (id),
  guardian_id  UUID NOT NULL REFERENCES case_person (id),
  person_id    UUID NOT NULL REFERENCES person (id),
  invited_by   UUID NOT NULL REFERENCES person (id),
  invited_at   TIMESTAMPTZ NOT NULL,
  confirmed_by UUID REFERENCES person (id),
  confirmed_at TIMESTAMPTZ,
  ended_at     TIMESTAMPTZ,
  end_reason   TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX guardian_account_live ON guardian_account (guardian_id) WHERE ended_at IS NULL;
CREATE INDEX guardian_account_person ON guardian_account (person_id);
