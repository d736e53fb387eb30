-- 反対の申し出: what a guardian or the child does not want told. Of two who disagree the narrower counts.
CREATE TABLE consent_opposition (
  id              UUID PRIMARY KEY,
  case_id         UUID NOT NULL REFERENCES child_case (id),
  by_person       UUID REFERENCES case_person (id),   -- NULL: the child
  organisation_id UUID REFERENCES organisation (id),  -- NULL: every agency
  category        TEXT,                               -- NULL: every kind of information
  reason          BYTEA NOT NULL,                     -- sealed
  on_day          DATE NOT NULL,
  recorded_by     UUID NOT NULL REFERENCES person (id),
  recorded_at     TIMESTAMPTZ NOT NULL,
  ended_by        UUID REFERENCES person (id),
  ended_at        TIMESTAMPTZ,
  end_reason      BYTEA -- sealed
);
CREATE INDEX consent_opposition_case ON consent_opposition (case_id, ended_at);
CREATE INDEX consent_opposition_person ON consent_opposition (by_person) WHERE by_person IS NOT NULL;

-- What a consent names and an opposition takes out, until it ends. A row stands here or in consent_scope, never in both.
CREATE TABLE consent_opposed (
  consent_id      UUID NOT NULL REFERENCES consent (id),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  purpose         TEXT NOT NULL,
  category        TEXT NOT NULL,
  PRIMARY KEY (consent_id, organisation_id, purpose, category)
);
