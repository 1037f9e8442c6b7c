-- What the operator rules (shared/wire/operator.ts), as JSON: one row at most.
CREATE TABLE site_rules (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  rules TEXT NOT NULL
);

-- What people report of videos; gone when the operator has settled it.
CREATE TABLE reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  video_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  text TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
);

CREATE INDEX reports_by_video ON reports (video_id);

-- How often a video was begun to be watched: a count, and nothing of who.
CREATE TABLE video_plays (
  id TEXT PRIMARY KEY,
  plays INTEGER NOT NULL
) WITHOUT ROWID;
