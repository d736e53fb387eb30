-- The case, the family, who may see it, consent, team, timeline.
CREATE TABLE child_case (
  id             UUID PRIMARY KEY,
  fiscal_year    BIGINT NOT NULL,
  number         BIGINT NOT NULL,
  child_name     TEXT NOT NULL CHECK (child_name <> ''),
  child_kana     TEXT NOT NULL,
  name_fold      TEXT NOT NULL,
  kana_fold      TEXT NOT NULL,
  birth_date     DATE,
  sex            TEXT NOT NULL,
  municipality   TEXT NOT NULL,
  residence      TEXT NOT NULL,
  residence_note TEXT NOT NULL DEFAULT '',
  languages      TEXT NOT NULL DEFAULT '',
  care           JSONB NOT NULL,
  mobile         BOOLEAN NOT NULL DEFAULT FALSE,
  status         TEXT NOT NULL,
  close_reason   TEXT,
  phase          TEXT NOT NULL,
  lead_id        UUID NOT NULL REFERENCES person (id),
  deputy_id      UUID NOT NULL REFERENCES person (id),
  opened_on      DATE NOT NULL,
  closed_on      DATE,
  last_contact   TIMESTAMPTZ,
  version        BIGINT NOT NULL DEFAULT 1,
  UNIQUE (fiscal_year, number),
  CHECK (lead_id <> deputy_id)
);
CREATE INDEX child_case_kana ON child_case (kana_fold, id);
CREATE INDEX child_case_lead ON child_case (lead_id, last_contact, id, status);
CREATE INDEX child_case_deputy ON child_case (deputy_id, status);
CREATE INDEX child_case_birth ON child_case (birth_date);

-- Two-character pieces of folded name and reading, in order of the reading: part-of-name search without a full-text engine.
CREATE TABLE case_gram (
  gram      TEXT NOT NULL,
  kana_fold TEXT NOT NULL,
  case_id   UUID NOT NULL REFERENCES child_case (id),
  PRIMARY KEY (gram, kana_fold, case_id)
);
CREATE INDEX case_gram_case ON case_gram (case_id);

CREATE TABLE case_person (
  id                 UUID PRIMARY KEY,
  case_id            UUID NOT NULL REFERENCES child_case (id),
  relation           TEXT NOT NULL,
  name               TEXT NOT NULL,
  kana               TEXT NOT NULL,
  birth_date         DATE,
  guardian           BOOLEAN NOT NULL,
  custody            TEXT NOT NULL,
  contact_restricted BOOLEAN NOT NULL DEFAULT FALSE,
  together           BOOLEAN NOT NULL DEFAULT TRUE,
  municipality       TEXT,
  phone              BYTEA, -- sealed
  note               BYTEA, -- sealed
  position           BIGINT NOT NULL DEFAULT 0,
  version            BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX case_person_case ON case_person (case_id, position);
CREATE INDEX case_person_guardian ON case_person (name) WHERE guardian = TRUE;

CREATE TABLE case_step (
  id      UUID PRIMARY KEY,
  case_id UUID NOT NULL REFERENCES child_case (id),
  at      TIMESTAMPTZ NOT NULL,
  by_id   UUID NOT NULL REFERENCES person (id),
  status  TEXT NOT NULL,
  phase   TEXT NOT NULL,
  reason  BYTEA
);
CREATE INDEX case_step_case ON case_step (case_id, at);

CREATE TABLE lead_transfer (
  id         UUID PRIMARY KEY,
  case_id    UUID NOT NULL REFERENCES child_case (id),
  from_id    UUID NOT NULL REFERENCES person (id),
  to_id      UUID NOT NULL REFERENCES person (id),
  note       BYTEA, -- sealed
  offered_at TIMESTAMPTZ NOT NULL,
  status     TEXT NOT NULL,
  ended_at   TIMESTAMPTZ,
  reason     BYTEA -- sealed
);
CREATE UNIQUE INDEX lead_transfer_open ON lead_transfer (case_id) WHERE status = 'offered';

-- No live row, no case: an invisible case does not exist.
CREATE TABLE case_access (
  case_id    UUID NOT NULL REFERENCES child_case (id),
  subject_id UUID NOT NULL,
  relation   TEXT NOT NULL,
  basis      TEXT NOT NULL,
  since      TIMESTAMPTZ NOT NULL,
  until      TIMESTAMPTZ,
  PRIMARY KEY (case_id, subject_id, relation, since)
);
-- Covers the question of every page: may this subject see this case now?
CREATE INDEX case_access_subject ON case_access (subject_id, case_id, relation, since, until);

CREATE TABLE consent (
  id               UUID PRIMARY KEY,
  case_id          UUID NOT NULL REFERENCES child_case (id),
  given_by         UUID NOT NULL REFERENCES case_person (id),
  explained_by     UUID NOT NULL REFERENCES person (id),
  given_on         DATE NOT NULL,
  form_version     TEXT NOT NULL,
  method           TEXT NOT NULL,
  own_will         TEXT NOT NULL DEFAULT 'young',
  own_will_note    BYTEA, -- sealed
  starts_on        DATE NOT NULL,
  ends_on          DATE NOT NULL,
  followup_due     DATE,
  followup_done_on DATE,
  withdrawn_at     TIMESTAMPTZ,
  withdrawn_reason BYTEA,
  recorded_at      TIMESTAMPTZ NOT NULL,
  version          BIGINT NOT NULL DEFAULT 1,
  CHECK (ends_on >= starts_on)
);
CREATE INDEX consent_case ON consent (case_id, ends_on);
CREATE INDEX consent_end ON consent (ends_on);
CREATE INDEX consent_giver ON consent (given_by);

-- Purpose × category × recipient agency; the period is the consent's.
CREATE TABLE consent_scope (
  consent_id      UUID NOT NULL REFERENCES consent (id),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  purpose         TEXT NOT NULL,
  category        TEXT NOT NULL,
  PRIMARY KEY (consent_id, organisation_id, purpose, category)
);

CREATE INDEX consent_scope_organisation ON consent_scope (organisation_id);

CREATE TABLE emergency_disclosure (
  id              UUID PRIMARY KEY,
  case_id         UUID NOT NULL REFERENCES child_case (id),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  reason          BYTEA,
  by_id           UUID NOT NULL REFERENCES person (id),
  at              TIMESTAMPTZ NOT NULL,
  review_due      TIMESTAMPTZ NOT NULL,
  reviewed_by     UUID REFERENCES person (id),
  reviewed_at     TIMESTAMPTZ,
  review_note     BYTEA,
  CHECK (reviewed_by IS NULL OR reviewed_by <> by_id)
);
CREATE INDEX emergency_case ON emergency_disclosure (case_id, at);

CREATE TABLE team_member (
  id              UUID PRIMARY KEY,
  case_id         UUID NOT NULL REFERENCES child_case (id),
  person_id       UUID REFERENCES person (id),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  label           TEXT NOT NULL,
  profession      TEXT NOT NULL,
  field           TEXT NOT NULL,
  function        TEXT NOT NULL,
  since           DATE NOT NULL,
  until           DATE,
  end_reason      TEXT NOT NULL DEFAULT '',
  end_note        BYTEA, -- sealed: the reason that somebody typed
  -- Who stands in for another member while that one is away.
  cover_id        UUID,
  CHECK (until IS NULL OR until >= since)
);
CREATE INDEX team_member_case ON team_member (case_id, until);
CREATE INDEX team_member_person ON team_member (person_id, organisation_id) WHERE person_id IS NOT NULL;

CREATE TABLE timeline_entry (
  id              UUID PRIMARY KEY,
  case_id         UUID NOT NULL REFERENCES child_case (id),
  kind            TEXT NOT NULL,
  happened_at     TIMESTAMPTZ NOT NULL,
  recorded_at     TIMESTAMPTZ NOT NULL,
  author_id       UUID NOT NULL REFERENCES person (id),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  content         BYTEA NOT NULL, -- sealed: the title, a line break, the text
  minutes         BIGINT NOT NULL,
  paid_by         TEXT NOT NULL,
  corrects        UUID REFERENCES timeline_entry (id),
  corrected_by    UUID REFERENCES timeline_entry (id)
);
CREATE INDEX timeline_case ON timeline_entry (case_id, happened_at);
CREATE UNIQUE INDEX timeline_corrects ON timeline_entry (corrects) WHERE corrects IS NOT NULL;

-- How far each reader has read a timeline; an entry is read by an agency when one of its people has read so far.
CREATE TABLE timeline_read (
  case_id         UUID NOT NULL REFERENCES child_case (id),
  person_id       UUID NOT NULL REFERENCES person (id),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  read_up_to      TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (case_id, person_id, organisation_id)
);
