-- Tracks of captions; their texts lie in storage (edge/captions). A deleted track of the source keeps its row, so that
-- the owner's tab does not add it again.
CREATE TABLE captions (
  video_id TEXT NOT NULL,
  id TEXT NOT NULL,
  language TEXT NOT NULL,
  name TEXT NOT NULL,
  is_default INTEGER NOT NULL,
  is_forced INTEGER NOT NULL,
  cues INTEGER NOT NULL,
  -- Index of the source's stream; NULL for captions that a person or program added.
  source_track INTEGER,
  created_at_ms INTEGER NOT NULL,
  -- JSON
  notices TEXT NOT NULL,
  deleted_at_ms INTEGER,
  PRIMARY KEY (video_id, id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX captions_by_source_track ON captions (video_id, source_track)
  WHERE source_track IS NOT NULL;
