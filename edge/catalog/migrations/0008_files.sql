-- What viewers may download of a video, and the original where its owner kept it (edge/catalog/video-files.ts).
CREATE TABLE video_files (
  id TEXT PRIMARY KEY,
  -- 1: the watch page offers files to everybody who may watch.
  downloads INTEGER NOT NULL DEFAULT 0,
  -- 1: they may also download the original.
  original_for_all INTEGER NOT NULL DEFAULT 0,
  -- NULL: there is no original.
  original_name TEXT,
  original_bytes INTEGER
) WITHOUT ROWID;
