-- 見守り: what is watched for a child, the entries, the rules, and the flags that they raise. Words and values are sealed.
CREATE TABLE watch_item (
  id         UUID PRIMARY KEY,
  case_id    UUID NOT NULL REFERENCES child_case (id),
  body       BYTEA NOT NULL,           -- sealed: what, the name, the usual range that was set by hand
  by_family  BOOLEAN NOT NULL,         -- whether the family reports it
  since      DATE NOT NULL,
  last_day   DATE,                     -- the newest day with an entry
  made_by    UUID NOT NULL REFERENCES person (id),
  made_at    TIMESTAMPTZ NOT NULL,
  ended_by   UUID REFERENCES person (id),
  ended_at   TIMESTAMPTZ
);
CREATE INDEX watch_item_case ON watch_item (case_id, ended_at);

CREATE TABLE watch_entry (
  id              UUID PRIMARY KEY,
  case_id         UUID NOT NULL REFERENCES child_case (id),
  item_id         UUID NOT NULL REFERENCES watch_item (id),
  day             DATE NOT NULL,
  body            BYTEA NOT NULL,      -- sealed: the value and what was said with it
  reported_by     UUID NOT NULL REFERENCES person (id),
  organisation_id UUID NOT NULL REFERENCES organisation (id),
  reported_at     TIMESTAMPTZ NOT NULL,
  voided_by       UUID REFERENCES person (id),
  voided_at       TIMESTAMPTZ
);
CREATE INDEX watch_entry_item ON watch_entry (item_id, day);
CREATE INDEX watch_entry_case ON watch_entry (case_id, day);

CREATE TABLE watch_rule (
  id        UUID PRIMARY KEY,
  case_id   UUID NOT NULL REFERENCES child_case (id),
  item_id   UUID NOT NULL REFERENCES watch_item (id),
  kind      TEXT NOT NULL,
  days      BIGINT NOT NULL,
  body      BYTEA NOT NULL,            -- sealed: the value
  urgent    BOOLEAN NOT NULL,
  hit_since TIMESTAMPTZ,               -- while it is hit: one flag for each time
  last_hit  TIMESTAMPTZ,
  made_by   UUID NOT NULL REFERENCES person (id),
  made_at   TIMESTAMPTZ NOT NULL,
  ended_by  UUID REFERENCES person (id),
  ended_at  TIMESTAMPTZ
);
CREATE INDEX watch_rule_case ON watch_rule (case_id, ended_at);
CREATE INDEX watch_rule_item ON watch_rule (item_id, ended_at);
CREATE INDEX watch_rule_missing ON watch_rule (kind, days) WHERE ended_at IS NULL AND hit_since IS NULL;

CREATE TABLE flag (
  id        UUID PRIMARY KEY,
  case_id   UUID NOT NULL REFERENCES child_case (id),
  rule_id   UUID REFERENCES watch_rule (id),
  category  TEXT NOT NULL,             -- which consent it needs to be seen
  urgent    BOOLEAN NOT NULL,
  reason    BYTEA NOT NULL,            -- sealed
  raised_at TIMESTAMPTZ NOT NULL,
  due_at    TIMESTAMPTZ NOT NULL,
  closed_by UUID REFERENCES person (id),
  closed_at TIMESTAMPTZ,
  done      BYTEA                      -- sealed: what was done
);
CREATE INDEX flag_case ON flag (case_id, closed_at);
CREATE INDEX flag_rule ON flag (rule_id) WHERE rule_id IS NOT NULL;
CREATE INDEX flag_open ON flag (due_at) WHERE closed_at IS NULL;
