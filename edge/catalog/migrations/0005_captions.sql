-- Tracks of captions; their texts lie in storage (edge/captions). A track of the source that was deleted keeps
-- its row, so that the owner's tab does not bring it back.
CREATE TABLE captions (
  video_id TEXT NOT NULL,
  id TEXT NOT NULL,
  language TEXT NOT NULL,
  name TEXT NOT NULL,
  is_default INTEGER NOT NULL,
  is_forced INTEGER NOT NULL,
  cues INTEGER NOT NULL,
  -- Null for captions that somebody sent.
  source_track INTEGER,
  created_at_ms INTEGER NOT NULL,
  -- JSON
  notices TEXT NOT NULL,
  deleted_at_ms INTEGER,
  PRIMARY KEY (video_id, id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX captions_by_source_track ON captions (video_id, source_track)
  WHERE source_track IS NOT NULL;
