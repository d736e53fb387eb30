-- Referrals, one-time links, escalations, capacity inquiries.
CREATE TABLE referral (
  id              UUID PRIMARY KEY,
  fiscal_year     BIGINT NOT NULL,
  number          BIGINT NOT NULL,
  case_id         UUID NOT NULL REFERENCES child_case (id),
  service_id      UUID NOT NULL REFERENCES service (id),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  mode            TEXT NOT NULL,
  status          TEXT NOT NULL,
  request         BYTEA, -- sealed
  wish            BYTEA, -- sealed
  sender_id       UUID NOT NULL REFERENCES person (id),
  basis           TEXT NOT NULL,
  created_at      TIMESTAMPTZ NOT NULL,
  sent_at         TIMESTAMPTZ,
  response_due    TIMESTAMPTZ,
  start_due       TIMESTAMPTZ,
  outcome_due     TIMESTAMPTZ,
  answered_at     TIMESTAMPTZ,
  started_on      DATE,
  outcome         BYTEA, -- sealed
  reviewed_at     TIMESTAMPTZ,
  settled_at      TIMESTAMPTZ,
  reason          BYTEA, -- sealed
  replaces        UUID REFERENCES referral (id),
  version         BIGINT NOT NULL DEFAULT 1,
  UNIQUE (fiscal_year, number)
);
CREATE INDEX referral_case ON referral (case_id, created_at);
CREATE INDEX referral_created ON referral (created_at, id);
CREATE INDEX referral_service ON referral (service_id, case_id);
CREATE INDEX referral_organisation ON referral (organisation_id, status);
CREATE UNIQUE INDEX referral_replaces ON referral (replaces) WHERE replaces IS NOT NULL;
-- One live referral per case and service: a second request offers "track" instead.
CREATE UNIQUE INDEX referral_live ON referral (case_id, service_id)
  WHERE status IN ('draft', 'sent', 'waitlisted', 'needs_info', 'accepted', 'started', 'outcome_reported');

CREATE TABLE referral_event (
  id          UUID PRIMARY KEY,
  referral_id UUID NOT NULL REFERENCES referral (id),
  at          TIMESTAMPTZ NOT NULL,
  by_id       UUID REFERENCES person (id),
  by_label    TEXT NOT NULL,
  move        TEXT NOT NULL,
  status      TEXT NOT NULL,
  note        BYTEA -- sealed
);
CREATE INDEX referral_event_one ON referral_event (referral_id, at);

CREATE TABLE referral_link (
  id          UUID PRIMARY KEY,
  referral_id UUID NOT NULL REFERENCES referral (id),
  token_hash  BYTEA NOT NULL UNIQUE,
  code_hash   BYTEA NOT NULL,
  made_at     TIMESTAMPTZ NOT NULL,
  expires_at  TIMESTAMPTZ NOT NULL,
  tries       BIGINT NOT NULL DEFAULT 0,
  opened_at   TIMESTAMPTZ,
  used_at     TIMESTAMPTZ,
  revoked_at  TIMESTAMPTZ
);
CREATE INDEX referral_link_one ON referral_link (referral_id);

CREATE TABLE referral_escalation (
  referral_id UUID NOT NULL REFERENCES referral (id),
  milestone   TEXT NOT NULL,
  level       TEXT NOT NULL,
  subject_id  UUID NOT NULL,
  due_at      TIMESTAMPTZ NOT NULL,
  at          TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (referral_id, milestone, level, due_at)
);

-- Several agencies are asked for capacity without personal data, before one is chosen.
CREATE TABLE inquiry (
  id           UUID PRIMARY KEY,
  case_id      UUID REFERENCES child_case (id),
  by_id        UUID NOT NULL REFERENCES person (id),
  at           TIMESTAMPTZ NOT NULL,
  due_at       TIMESTAMPTZ NOT NULL,
  kind         TEXT NOT NULL,
  care         JSONB NOT NULL,
  age_band     TEXT NOT NULL,
  municipality TEXT NOT NULL,
  wish         TEXT NOT NULL,
  closed_at    TIMESTAMPTZ
);

CREATE TABLE inquiry_target (
  inquiry_id      UUID NOT NULL REFERENCES inquiry (id),
  service_id      UUID NOT NULL REFERENCES service (id),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  answer          TEXT,
  note            TEXT NOT NULL DEFAULT '',
  answered_at     TIMESTAMPTZ,
  answered_by     UUID REFERENCES person (id),
  PRIMARY KEY (inquiry_id, service_id)
);
CREATE INDEX inquiry_asker ON inquiry (by_id, at);
CREATE INDEX inquiry_target_organisation ON inquiry_target (organisation_id, answer);
