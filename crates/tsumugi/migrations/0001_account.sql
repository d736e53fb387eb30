-- People, organisations, seats, sessions, drafts, the journal.
CREATE TABLE organisation (
  id            UUID PRIMARY KEY,
  kind          TEXT NOT NULL,
  parent_id     UUID REFERENCES organisation (id),
  name          TEXT NOT NULL CHECK (name <> ''),
  kana          TEXT NOT NULL,
  code          TEXT,
  municipality  TEXT,
  corporation   TEXT NOT NULL DEFAULT '',
  postal        TEXT NOT NULL DEFAULT '',
  address       TEXT NOT NULL DEFAULT '',
  phone         TEXT NOT NULL DEFAULT '',
  fax           TEXT NOT NULL DEFAULT '',
  url           TEXT NOT NULL DEFAULT '',
  latitude      DOUBLE PRECISION,
  longitude     DOUBLE PRECISION,
  site_key      TEXT,
  since         DATE NOT NULL,
  until         DATE,
  -- The newest terms that it accepted; 0: none.
  terms_no      BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX organisation_code ON organisation (code) WHERE code IS NOT NULL;
CREATE UNIQUE INDEX organisation_site_key ON organisation (site_key) WHERE site_key IS NOT NULL;

CREATE TABLE person (
  id          UUID PRIMARY KEY,
  name        TEXT NOT NULL CHECK (name <> ''),
  kana        TEXT NOT NULL,
  profession  TEXT NOT NULL,
  created_at  TIMESTAMPTZ NOT NULL,
  disabled_at TIMESTAMPTZ
);

-- A seat is a role at an organisation: a new officer of a city needs no row per case.
CREATE TABLE seat (
  id              UUID PRIMARY KEY,
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  role            TEXT NOT NULL,
  UNIQUE (organisation_id, role)
);

CREATE TABLE role_grant (
  id         UUID PRIMARY KEY,
  person_id  UUID NOT NULL REFERENCES person (id),
  seat_id    UUID NOT NULL REFERENCES seat (id),
  since      DATE NOT NULL,
  until      DATE
);
CREATE INDEX role_grant_person ON role_grant (person_id, seat_id);
CREATE INDEX role_grant_seat ON role_grant (seat_id);

-- Which subjects a person has: the person, and the seats that the person sits on.
CREATE TABLE account_subject (
  person_id  UUID NOT NULL REFERENCES person (id),
  subject_id UUID NOT NULL,
  since      TIMESTAMPTZ NOT NULL,
  until      TIMESTAMPTZ,
  PRIMARY KEY (person_id, subject_id)
);
CREATE INDEX account_subject_of ON account_subject (subject_id, person_id);
CREATE INDEX account_subject_live ON account_subject (person_id, subject_id, since, until);

CREATE TABLE session (
  id         UUID PRIMARY KEY,
  token_hash BYTEA NOT NULL UNIQUE,
  person_id  UUID NOT NULL REFERENCES person (id),
  seat_id    UUID NOT NULL REFERENCES seat (id),
  created_at TIMESTAMPTZ NOT NULL,
  seen_at    TIMESTAMPTZ NOT NULL,
  -- The last proof by passkey in this session: acts that need a fresh one look here.
  proved_at  TIMESTAMPTZ NOT NULL,
  ends_at    TIMESTAMPTZ NOT NULL,
  ended_at   TIMESTAMPTZ,
  -- The screen is locked: nothing is served until a new proof.
  locked_at  TIMESTAMPTZ
);

CREATE INDEX session_person ON session (person_id, ended_at);

CREATE TABLE demo_account (
  account_key TEXT PRIMARY KEY,
  position    BIGINT NOT NULL,
  person_id   UUID NOT NULL REFERENCES person (id),
  seat_id     UUID NOT NULL REFERENCES seat (id)
);

CREATE TABLE draft (
  id         UUID PRIMARY KEY,
  person_id  UUID NOT NULL REFERENCES person (id),
  form       TEXT NOT NULL,
  object_id  UUID,
  body       BYTEA NOT NULL, -- sealed
  updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX draft_person ON draft (person_id, form, updated_at);

-- An act that was sent twice (double click, back, retry) is done once: the key of the form finds the first answer.
CREATE TABLE once (
  id        UUID PRIMARY KEY,
  person_id UUID NOT NULL,
  location  TEXT NOT NULL,
  at        TIMESTAMPTZ NOT NULL
);
CREATE INDEX once_at ON once (at);

CREATE TABLE journal (
  id          UUID PRIMARY KEY,
  at          TIMESTAMPTZ NOT NULL,
  person_id   UUID,
  seat_id     UUID,
  session_id  UUID,
  -- "read" where something was seen, "act" where something was changed, "refused" where neither was allowed.
  kind        TEXT NOT NULL,
  act         TEXT NOT NULL,
  basis       TEXT NOT NULL,
  -- What it was for, which classes of personal data were in sight (F1 to F4), and under which table of rights.
  purpose     TEXT NOT NULL DEFAULT '',
  classes     TEXT NOT NULL DEFAULT '',
  policy      TEXT NOT NULL DEFAULT '',
  object_kind TEXT NOT NULL,
  object_id   UUID,
  case_id     UUID,
  detail      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX journal_case ON journal (case_id, at) WHERE case_id IS NOT NULL;
CREATE INDEX journal_file ON journal (at) WHERE object_kind = 'board_export';

CREATE TABLE fiscal_counter (
  kind        TEXT NOT NULL,
  fiscal_year BIGINT NOT NULL,
  value       BIGINT NOT NULL,
  PRIMARY KEY (kind, fiscal_year)
);

-- Who is on duty for a municipality on a weekday (1 Monday … 7 Sunday).
CREATE TABLE duty (
  id           UUID PRIMARY KEY,
  municipality TEXT NOT NULL,
  weekday      BIGINT NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  person_id    UUID NOT NULL REFERENCES person (id),
  since        DATE NOT NULL,
  until        DATE
);
CREATE UNIQUE INDEX duty_day ON duty (municipality, weekday, since);

-- Everything that waits, with who must act next and by when. Kept by each slice in the transaction of the act.
CREATE TABLE waiting (
  id          UUID PRIMARY KEY,
  kind        TEXT NOT NULL,
  subject_id  UUID NOT NULL,
  object_kind TEXT NOT NULL,
  object_id   UUID NOT NULL,
  case_id     UUID,
  others      BOOLEAN NOT NULL,
  waits_for   TEXT NOT NULL DEFAULT '',
  due_at      TIMESTAMPTZ NOT NULL,
  since_at    TIMESTAMPTZ NOT NULL,
  UNIQUE (object_id, kind, subject_id)
);
CREATE INDEX waiting_due ON waiting (subject_id, due_at, id, others, kind, object_id);
CREATE INDEX waiting_case ON waiting (case_id) WHERE case_id IS NOT NULL;
