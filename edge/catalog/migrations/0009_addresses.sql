-- Addresses whose video was replaced, and which lead to the replacement (edge/replace).
CREATE TABLE video_addresses (
  -- The id of the video that was replaced.
  address TEXT PRIMARY KEY,
  video_id TEXT NOT NULL,
  -- Hash of that video's owner token, which remains valid; '': there was none.
  owner_token_hash TEXT NOT NULL,
  -- 1: pages and feeds name the video by this address.
  is_main INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX addresses_by_video ON video_addresses (video_id);

-- Videos that are being made to replace another one.
CREATE TABLE video_replacements (
  -- Id of the new video.
  id TEXT PRIMARY KEY,
  replaces TEXT NOT NULL,
  -- 1: it has replaced the old video, whose objects still have to be deleted.
  is_done INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
