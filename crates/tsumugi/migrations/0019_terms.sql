-- 個人情報取扱特記事項: what an agency accepts before its people see anything; a new version asks again from its day on.
CREATE TABLE terms (
  no           BIGINT PRIMARY KEY,
  label        TEXT NOT NULL,
  body         TEXT NOT NULL,
  source       TEXT NOT NULL,
  effective_on DATE NOT NULL,
  published_by UUID REFERENCES person (id), -- NULL: the text that the product brings along
  published_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX terms_effective ON terms (effective_on, no);

CREATE TABLE terms_acceptance (
  id              UUID PRIMARY KEY,
  terms_no        BIGINT NOT NULL REFERENCES terms (no),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  person_id       UUID NOT NULL REFERENCES person (id),
  signer          TEXT NOT NULL,
  title           TEXT NOT NULL,
  accepted_at     TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX terms_acceptance_once ON terms_acceptance (organisation_id, terms_no);
CREATE INDEX terms_acceptance_when ON terms_acceptance (accepted_at);
