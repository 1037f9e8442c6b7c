-- Addresses that lead to another video since it took their video's place (edge/replace).
CREATE TABLE video_addresses (
  -- An id that had a video of its own.
  address TEXT PRIMARY KEY,
  video_id TEXT NOT NULL,
  -- Of the owner's token of that time, which stays good; '': there was none.
  owner_token_hash TEXT NOT NULL,
  -- 1: pages and feeds name the video by this one.
  is_main INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX addresses_by_video ON video_addresses (video_id);

-- Videos that are being made to take another one's place.
CREATE TABLE video_replacements (
  -- The new video's.
  id TEXT PRIMARY KEY,
  replaces TEXT NOT NULL,
  -- It has taken the place; what storage has of the old one is yet to be deleted.
  is_done INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
