-- 保存期間: what happens to a closed case when the time of keeping it is over.

-- 消去の見合わせ: nothing of this case is erased while one is live.
CREATE TABLE legal_hold (
  id       UUID PRIMARY KEY,
  case_id  UUID NOT NULL REFERENCES child_case (id),
  reason   BYTEA NOT NULL, -- sealed
  until_on DATE NOT NULL,
  set_by   UUID NOT NULL REFERENCES person (id),
  set_at   TIMESTAMPTZ NOT NULL,
  ended_by UUID REFERENCES person (id),
  ended_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX legal_hold_live ON legal_hold (case_id) WHERE ended_at IS NULL;
CREATE INDEX legal_hold_case ON legal_hold (case_id);

-- A decision to erase, and after it was carried out the mark that there was a case: no name, no reference.
CREATE TABLE erasure (
  id           UUID PRIMARY KEY,
  case_id      UUID NOT NULL,
  municipality TEXT NOT NULL,
  fiscal_year  BIGINT NOT NULL,
  number       BIGINT NOT NULL,
  closed_on    DATE NOT NULL,
  decided_by   UUID NOT NULL REFERENCES person (id),
  decided_at   TIMESTAMPTZ NOT NULL,
  due_at       TIMESTAMPTZ NOT NULL,
  cancelled_by UUID REFERENCES person (id),
  cancelled_at TIMESTAMPTZ,
  done_at      TIMESTAMPTZ
);
CREATE UNIQUE INDEX erasure_live ON erasure (case_id) WHERE cancelled_at IS NULL;
CREATE INDEX erasure_due ON erasure (due_at) WHERE cancelled_at IS NULL AND done_at IS NULL;
CREATE INDEX erasure_municipality ON erasure (municipality, decided_at);

CREATE INDEX child_case_closed ON child_case (municipality, closed_on) WHERE closed_on IS NOT NULL;

-- What refers to a row that is erased must be found without walking through the table.
CREATE INDEX timeline_corrected ON timeline_entry (corrected_by) WHERE corrected_by IS NOT NULL;
CREATE INDEX consultation_duplicate ON consultation (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX inquiry_case ON inquiry (case_id) WHERE case_id IS NOT NULL;

-- Calls that became no case: those that ended before a day go together, after a decision and thirty days.
CREATE TABLE call_erasure (
  id           UUID PRIMARY KEY,
  municipality TEXT NOT NULL,
  ended_before TIMESTAMPTZ NOT NULL,
  decided_by   UUID NOT NULL REFERENCES person (id),
  decided_at   TIMESTAMPTZ NOT NULL,
  due_at       TIMESTAMPTZ NOT NULL,
  cancelled_at TIMESTAMPTZ,
  done_at      TIMESTAMPTZ,
  erased       BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX call_erasure_live ON call_erasure (municipality) WHERE cancelled_at IS NULL AND done_at IS NULL;
CREATE INDEX call_erasure_municipality ON call_erasure (municipality, decided_at);
CREATE INDEX consultation_caseless ON consultation (municipality, received_at) WHERE case_id IS NULL;
