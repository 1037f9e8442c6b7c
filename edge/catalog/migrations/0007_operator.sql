-- The operator's rules (shared/wire/operator.ts), as JSON in at most one row.
CREATE TABLE site_rules (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  rules TEXT NOT NULL
);

-- Reports about videos. The operator deletes a report when it is settled.
CREATE TABLE reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  video_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  text TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
);

CREATE INDEX reports_by_video ON reports (video_id);

-- How often somebody started to watch a video: only a count, nothing about viewers.
CREATE TABLE video_plays (
  id TEXT PRIMARY KEY,
  plays INTEGER NOT NULL
) WITHOUT ROWID;
