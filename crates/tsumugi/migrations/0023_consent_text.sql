-- 同意書の文: what a municipality tells families on its form of consent, version by version. Published ones are not changed.
CREATE TABLE consent_text (
  id           UUID PRIMARY KEY,
  municipality TEXT NOT NULL,
  label        TEXT NOT NULL,
  body         TEXT NOT NULL,
  source       TEXT NOT NULL,
  effective_on DATE NOT NULL,
  published_by UUID NOT NULL REFERENCES person (id),
  published_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX consent_text_label ON consent_text (municipality, label);
CREATE INDEX consent_text_day ON consent_text (municipality, effective_on);
