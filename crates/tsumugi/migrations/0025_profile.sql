-- 医療的ケアの状況: parts of a child's profile, version by version. What they say is sealed; only days that must be watched are in clear.
CREATE TABLE profile_part (
  id            UUID PRIMARY KEY,
  case_id       UUID NOT NULL REFERENCES child_case (id),
  part          TEXT NOT NULL,
  version       BIGINT NOT NULL,
  body          BYTEA,                     -- sealed; NULL: nothing
  written_by    UUID NOT NULL REFERENCES person (id),
  written_at    TIMESTAMPTZ NOT NULL,
  checked_by    UUID NOT NULL REFERENCES person (id),
  checked_at    TIMESTAMPTZ NOT NULL,
  superseded_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX profile_part_version ON profile_part (case_id, part, version);
CREATE UNIQUE INDEX profile_part_current ON profile_part (case_id, part) WHERE superseded_at IS NULL;

-- A day that stands in the newest version of a part: when a certificate ends, when a device is to be exchanged.
CREATE TABLE profile_due (
  id      UUID PRIMARY KEY,
  case_id UUID NOT NULL REFERENCES child_case (id),
  kind    TEXT NOT NULL,
  due_on  DATE NOT NULL
);
CREATE INDEX profile_due_case ON profile_due (case_id, kind);
CREATE INDEX profile_due_day ON profile_due (kind, due_on);
