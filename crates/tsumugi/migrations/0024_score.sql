-- 医療的ケアスコアと超重症児スコア: sheets as they were judged. What stands on them is sealed; only days and kinds are in clear.
CREATE TABLE score_sheet (
  id               UUID PRIMARY KEY,
  case_id          UUID NOT NULL REFERENCES child_case (id),
  kind             TEXT NOT NULL,
  rules            TEXT NOT NULL,           -- the version of the table that counted
  judged_on        DATE NOT NULL,
  valid_until      DATE,
  by_physician     BOOLEAN NOT NULL,        -- else an estimate of whoever recorded it
  body             BYTEA NOT NULL,          -- sealed
  document_id      UUID REFERENCES document (id),
  recorded_by      UUID NOT NULL REFERENCES person (id),
  recorded_at      TIMESTAMPTZ NOT NULL,
  withdrawn_by     UUID REFERENCES person (id),
  withdrawn_at     TIMESTAMPTZ,
  withdrawn_reason BYTEA                    -- sealed
);
CREATE INDEX score_sheet_case ON score_sheet (case_id, kind, judged_on);
CREATE INDEX score_sheet_document ON score_sheet (document_id) WHERE document_id IS NOT NULL;
CREATE INDEX score_sheet_ends ON score_sheet (valid_until) WHERE withdrawn_at IS NULL AND valid_until IS NOT NULL;
