-- Consultations, hand-overs, advice, answer cards.
CREATE TABLE consultation (
  id             UUID PRIMARY KEY,
  fiscal_year    BIGINT NOT NULL,
  number         BIGINT NOT NULL,
  received_at    TIMESTAMPTZ NOT NULL,
  recorded_at    TIMESTAMPTZ NOT NULL,
  taken_by       UUID NOT NULL REFERENCES person (id),
  owner_id       UUID NOT NULL REFERENCES person (id),
  channel        TEXT NOT NULL,
  kind           TEXT NOT NULL,
  asker_kind     TEXT NOT NULL,
  asker_name     TEXT,
  asker_place    TEXT,
  asker_phone    BYTEA, -- sealed
  anonymous      BOOLEAN NOT NULL,
  child_name     TEXT,
  child_kana     TEXT,
  child_fold     TEXT,
  child_birth    DATE,
  child_sex      TEXT,
  municipality   TEXT NOT NULL,
  residence      TEXT,
  repeated       BOOLEAN NOT NULL,
  topics         JSONB NOT NULL,
  urgency        TEXT NOT NULL,
  concern        BYTEA NOT NULL, -- sealed
  response       BYTEA, -- sealed
  next_plan      BYTEA,
  minutes        BIGINT NOT NULL,
  paid_by        TEXT NOT NULL,
  consent_state  TEXT NOT NULL,
  status         TEXT NOT NULL,
  needs          JSONB,
  due_at         TIMESTAMPTZ NOT NULL,
  responded_at   TIMESTAMPTZ,
  review_on      DATE,
  duplicate_of   UUID REFERENCES consultation (id),
  case_id        UUID REFERENCES child_case (id),
  version        BIGINT NOT NULL DEFAULT 1,
  UNIQUE (fiscal_year, number)
);
CREATE INDEX consultation_received ON consultation (received_at);
CREATE INDEX consultation_owner ON consultation (owner_id, received_at);
CREATE INDEX consultation_fold ON consultation (child_fold) WHERE child_fold IS NOT NULL;

CREATE INDEX consultation_case ON consultation (case_id) WHERE case_id IS NOT NULL;

CREATE TABLE consultation_access (
  consultation_id UUID NOT NULL REFERENCES consultation (id),
  subject_id      UUID NOT NULL,
  received_at     TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (subject_id, received_at, consultation_id)
);
CREATE INDEX consultation_access_one ON consultation_access (consultation_id, subject_id);

CREATE TABLE consultation_step (
  id              UUID PRIMARY KEY,
  consultation_id UUID NOT NULL REFERENCES consultation (id),
  at              TIMESTAMPTZ NOT NULL,
  by_id           UUID NOT NULL REFERENCES person (id),
  status          TEXT NOT NULL,
  note            BYTEA
);
CREATE INDEX consultation_step_one ON consultation_step (consultation_id, at);

CREATE TABLE handover (
  id              UUID PRIMARY KEY,
  consultation_id UUID NOT NULL REFERENCES consultation (id),
  from_id         UUID NOT NULL REFERENCES person (id),
  to_id           UUID NOT NULL REFERENCES person (id),
  note            BYTEA,
  offered_at      TIMESTAMPTZ NOT NULL,
  status          TEXT NOT NULL,
  ended_at        TIMESTAMPTZ,
  reason          BYTEA
);
CREATE INDEX handover_consultation ON handover (consultation_id, offered_at);
CREATE UNIQUE INDEX handover_open ON handover (consultation_id) WHERE status = 'offered';

CREATE TABLE advice (
  id              UUID PRIMARY KEY,
  consultation_id UUID NOT NULL REFERENCES consultation (id),
  at              TIMESTAMPTZ NOT NULL,
  by_id           UUID NOT NULL REFERENCES person (id),
  body            BYTEA NOT NULL, -- sealed
  minutes         BIGINT NOT NULL
);
CREATE INDEX advice_one ON advice (consultation_id, at);

CREATE TABLE answer_card (
  id         UUID PRIMARY KEY,
  question   TEXT NOT NULL,
  answer     TEXT NOT NULL,
  topics     JSONB NOT NULL,
  fold       TEXT NOT NULL,
  review_on  DATE NOT NULL,
  made_by    UUID NOT NULL REFERENCES person (id),
  made_at    TIMESTAMPTZ NOT NULL,
  from_id    UUID REFERENCES consultation (id),
  retired_at TIMESTAMPTZ,
  version    BIGINT NOT NULL DEFAULT 1
);
