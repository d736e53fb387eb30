-- 救急サマリー: the sheet as it was when somebody looked it through and found it right. Its words are sealed.
CREATE TABLE emergency_sheet (
  id         UUID PRIMARY KEY,
  case_id    UUID NOT NULL REFERENCES child_case (id),
  version    BIGINT NOT NULL,
  body       BYTEA NOT NULL,              -- sealed
  -- From before a protection: sealed under the key of the protected facts, and shown to nobody.
  guarded    BOOLEAN NOT NULL DEFAULT FALSE,
  checked_by UUID NOT NULL REFERENCES person (id),
  checked_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX emergency_sheet_version ON emergency_sheet (case_id, version);
