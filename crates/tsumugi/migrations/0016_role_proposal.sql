-- A role that one administrator gives and another one must approve. Where there is only one, the role is given at once.
CREATE TABLE role_proposal (
  id              UUID PRIMARY KEY,
  person_id       UUID NOT NULL REFERENCES person (id),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  role            TEXT NOT NULL,
  made_by         UUID NOT NULL REFERENCES person (id),
  made_at         TIMESTAMPTZ NOT NULL,
  decided_by      UUID REFERENCES person (id),
  decided_at      TIMESTAMPTZ,
  approved        BOOLEAN NOT NULL DEFAULT FALSE,
  CHECK (NOT approved OR (decided_by <> made_by AND decided_by <> person_id)),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL))
);
CREATE INDEX role_proposal_person ON role_proposal (person_id, made_at);
CREATE UNIQUE INDEX role_proposal_open ON role_proposal (person_id, organisation_id, role) WHERE decided_at IS NULL;
