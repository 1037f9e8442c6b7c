-- Who may find a video: `unlisted`, `listed` or `private` (shared/wire/api.ts). Videos of before were in
-- the list because all were: nobody chose it. They become `unlisted`, so that every link still plays.
ALTER TABLE video_owners ADD COLUMN visibility TEXT NOT NULL DEFAULT 'unlisted'
  CHECK (visibility IN ('unlisted', 'listed', 'private'));
-- A copy for the list, which goes by age.
ALTER TABLE videos ADD COLUMN visibility TEXT NOT NULL DEFAULT 'unlisted'
  CHECK (visibility IN ('unlisted', 'listed', 'private'));

CREATE INDEX videos_by_visibility ON videos (visibility, created_at_ms DESC, id DESC);
