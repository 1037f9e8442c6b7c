-- Who may find a video: `unlisted`, `listed` or `private` (shared/wire/api.ts). Older videos were all in the list,
-- without a choice of their owners. They become `unlisted`, so that every link still plays.
ALTER TABLE video_owners ADD COLUMN visibility TEXT NOT NULL DEFAULT 'unlisted'
  CHECK (visibility IN ('unlisted', 'listed', 'private'));
-- A copy for the list, which is sorted by age.
ALTER TABLE videos ADD COLUMN visibility TEXT NOT NULL DEFAULT 'unlisted'
  CHECK (visibility IN ('unlisted', 'listed', 'private'));

CREATE INDEX videos_by_visibility ON videos (visibility, created_at_ms DESC, id DESC);
