-- Posters and storyboards; the pictures themselves lie in storage (edge/pictures).
CREATE TABLE video_pictures (
  id TEXT PRIMARY KEY,
  -- 'automatic', 'frame' or 'file' (shared/wire/pictures.ts); NULL: there is no poster.
  poster_source TEXT,
  poster_width INTEGER,
  poster_height INTEGER,
  poster_saved_at_ms INTEGER,
  -- JSON (edge/catalog/pictures.ts); NULL: there is none.
  storyboard TEXT
) WITHOUT ROWID;
