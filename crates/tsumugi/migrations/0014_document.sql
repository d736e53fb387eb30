-- 書類: files about a case, sealed in pieces, so that they are kept, backed up and moved with everything else.
CREATE TABLE document (
  id              UUID PRIMARY KEY,
  case_id         UUID NOT NULL REFERENCES child_case (id),
  kind            TEXT NOT NULL,
  -- The consent whose signed paper it is.
  consent_id      UUID REFERENCES consent (id),
  -- The part of the case that it tells of: who may see that part and 書類 may see it.
  category        TEXT NOT NULL,
  title           BYTEA NOT NULL, -- sealed
  file_name       BYTEA NOT NULL, -- sealed
  format          TEXT NOT NULL,
  size            BIGINT NOT NULL,
  parts           BIGINT NOT NULL,
  -- The SHA-256 of the content, sealed: equal within a case for equal files, and worth nothing outside.
  digest          BYTEA NOT NULL,
  cleaned         BOOLEAN NOT NULL,
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  added_by        UUID NOT NULL REFERENCES person (id),
  added_at        TIMESTAMPTZ NOT NULL,
  removed_by      UUID REFERENCES person (id),
  removed_at      TIMESTAMPTZ,
  remove_reason   BYTEA, -- sealed
  CHECK ((removed_at IS NULL) = (removed_by IS NULL))
);
CREATE INDEX document_consent ON document (consent_id) WHERE consent_id IS NOT NULL;
CREATE INDEX document_of_case ON document (case_id, added_at, id);
-- Another agency may have the same file: whether it does is not told.
CREATE UNIQUE INDEX document_same ON document (case_id, organisation_id, digest) WHERE removed_at IS NULL;

CREATE TABLE document_part (
  document_id UUID NOT NULL REFERENCES document (id),
  n           BIGINT NOT NULL,
  body        BYTEA NOT NULL, -- sealed
  PRIMARY KEY (document_id, n)
);
