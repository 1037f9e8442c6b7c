-- What is known of a video beyond its job: whose token may delete it, and when its MP4 was asked for.
CREATE TABLE video_owners (
  id TEXT PRIMARY KEY,
  owner_token_hash TEXT NOT NULL,
  mp4_requested_at_ms INTEGER
) WITHOUT ROWID;
