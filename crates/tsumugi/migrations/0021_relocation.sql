-- 転居: a case goes from one municipality to another. Proposed by who keeps it, agreed to by the family, received there.
CREATE TABLE relocation (
  id                UUID PRIMARY KEY,
  case_id           UUID NOT NULL REFERENCES child_case (id),
  from_municipality TEXT NOT NULL,
  to_municipality   TEXT NOT NULL,
  moves_on          DATE NOT NULL,
  note              BYTEA, -- sealed
  status            TEXT NOT NULL CHECK (status IN ('proposed', 'received', 'returned', 'recalled')),
  proposed_by       UUID NOT NULL REFERENCES person (id),
  proposed_at       TIMESTAMPTZ NOT NULL,
  ended_by          UUID REFERENCES person (id),
  ended_at          TIMESTAMPTZ,
  reason            BYTEA -- sealed
);
CREATE UNIQUE INDEX relocation_open ON relocation (case_id) WHERE status = 'proposed';
CREATE INDEX relocation_case ON relocation (case_id, proposed_at);
