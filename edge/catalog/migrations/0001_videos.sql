-- One row for each video. It is written when the job is created and when it ends. No coordination happens here.
CREATE TABLE videos (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  error_code TEXT,
  duration_ticks INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  bytes_stored INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER
) WITHOUT ROWID;

CREATE INDEX videos_by_age ON videos (created_at_ms DESC, id DESC);
