-- What owners write about a video. Without a row, the title is the file's name without its extension.
CREATE TABLE video_details (
  id TEXT PRIMARY KEY,
  title TEXT,
  description TEXT NOT NULL DEFAULT '',
  language TEXT,
  -- JSON: [{"startSeconds": 0, "title": "..."}], by start (shared/wire/details.ts).
  chapters TEXT NOT NULL DEFAULT '[]'
) WITHOUT ROWID;

-- Signed links to a private video contain this version. A higher version ends all earlier links.
ALTER TABLE video_owners ADD COLUMN link_version INTEGER NOT NULL DEFAULT 1;
-- Salt and hash of the passphrase that gets such a link (edge/http/passphrase.ts); NULL: there is none.
ALTER TABLE video_owners ADD COLUMN passphrase_hash TEXT;
