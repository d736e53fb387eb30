-- バックアップ: every backup that was tried, and how it ended.
CREATE TABLE backup_run (
  id          UUID PRIMARY KEY,
  begun_at    TIMESTAMPTZ NOT NULL,
  ended_at    TIMESTAMPTZ NOT NULL,
  -- Why there is none; empty where it worked.
  trouble     TEXT NOT NULL,
  file        TEXT NOT NULL,
  bytes       BIGINT NOT NULL,
  journal_seq BIGINT NOT NULL
);
CREATE INDEX backup_run_ended ON backup_run (ended_at);

-- Which node makes the backup of the night: whoever moves the time forward.
CREATE TABLE backup_clock (
  id         BIGINT PRIMARY KEY CHECK (id = 1),
  claimed_at TIMESTAMPTZ NOT NULL
);
