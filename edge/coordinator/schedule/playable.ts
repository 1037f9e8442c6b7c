import type { Draft } from "./state/draft.ts";

/** Playlists show what all renditions have: see shared/playlist. */
export function markPlayable(draft: Draft): void {
  if (draft.job.firstPlayableAtMs !== null) return;
  for (const { id, firstSegment } of draft.plan.tasks) {
    const task = firstSegment === 0 ? draft.task(id) : undefined;
    if (task !== undefined && task.verification.state !== "verified") return;
  }
  draft.patchJob({ firstPlayableAtMs: draft.nowMs });
}
