-- Facts about a video that outlive its job: the owner's token, and when the MP4 was requested.
CREATE TABLE video_owners (
  id TEXT PRIMARY KEY,
  owner_token_hash TEXT NOT NULL,
  mp4_requested_at_ms INTEGER
) WITHOUT ROWID;
