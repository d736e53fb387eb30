-- The directory of services, what they can take, imports, searches that found nothing.
CREATE TABLE service (
  id              UUID PRIMARY KEY,
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  kind            TEXT NOT NULL,
  field           TEXT NOT NULL,
  source          TEXT NOT NULL,
  source_key      TEXT NOT NULL,
  digest          TEXT NOT NULL,
  municipality    TEXT NOT NULL,
  name_fold       TEXT NOT NULL,
  kana_fold       TEXT NOT NULL,
  hours           TEXT NOT NULL DEFAULT '',
  closed_days     TEXT NOT NULL DEFAULT '',
  places          BIGINT,
  transport       TEXT NOT NULL DEFAULT 'unknown',
  mobile_ok       TEXT NOT NULL DEFAULT 'unknown',
  age_from        BIGINT,
  age_to          BIGINT,
  capacity        TEXT NOT NULL DEFAULT 'ask',
  capacity_note   TEXT NOT NULL DEFAULT '',
  confirmed_on    DATE,
  confirmed_by    UUID REFERENCES person (id),
  note            TEXT NOT NULL DEFAULT '',
  gone_on         DATE,
  version         BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX service_source ON service (source, source_key, kind);
CREATE INDEX service_kind ON service (kind, municipality);
CREATE INDEX service_kana ON service (kana_fold, id);
CREATE INDEX service_organisation ON service (organisation_id);

CREATE TABLE service_care (
  service_id UUID NOT NULL REFERENCES service (id),
  care       TEXT NOT NULL,
  PRIMARY KEY (care, service_id)
);
CREATE INDEX service_care_service ON service_care (service_id);

CREATE TABLE service_area (
  service_id   UUID NOT NULL REFERENCES service (id),
  municipality TEXT NOT NULL,
  PRIMARY KEY (municipality, service_id)
);
CREATE INDEX service_area_service ON service_area (service_id);

CREATE TABLE import_run (
  id         UUID PRIMARY KEY,
  file_name  TEXT NOT NULL,
  format     TEXT NOT NULL,
  encoding   TEXT NOT NULL,
  by_id      UUID NOT NULL REFERENCES person (id),
  at         TIMESTAMPTZ NOT NULL,
  status     TEXT NOT NULL,
  added      BIGINT NOT NULL DEFAULT 0,
  changed    BIGINT NOT NULL DEFAULT 0,
  same       BIGINT NOT NULL DEFAULT 0,
  gone       BIGINT NOT NULL DEFAULT 0,
  elsewhere  BIGINT NOT NULL DEFAULT 0,
  repeated   BIGINT NOT NULL DEFAULT 0,
  errors     BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE import_row (
  import_id  UUID NOT NULL REFERENCES import_run (id),
  line       BIGINT NOT NULL,
  outcome    TEXT NOT NULL,
  source_key TEXT NOT NULL DEFAULT '',
  kind       TEXT NOT NULL DEFAULT '',
  digest     TEXT NOT NULL DEFAULT '',
  municipality TEXT NOT NULL DEFAULT '',
  payload    JSONB,
  message    TEXT NOT NULL DEFAULT '',
  column_name TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (import_id, line, kind)
);
CREATE INDEX import_row_outcome ON import_row (import_id, outcome, line);
CREATE INDEX import_row_key ON import_row (import_id, source_key, kind);
CREATE INDEX import_row_kind ON import_row (import_id, kind, municipality);

-- A search that found nothing is evidence for the council; it holds no personal data.
-- The same need counts once a day for an organisation, however often a page is loaded.
CREATE TABLE unmet_search (
  id              UUID PRIMARY KEY,
  on_day          DATE NOT NULL,
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  kind            TEXT NOT NULL,
  care            TEXT NOT NULL,
  municipality    TEXT NOT NULL,
  open_only       BOOLEAN NOT NULL,
  UNIQUE (on_day, organisation_id, kind, care, municipality, open_only)
);
