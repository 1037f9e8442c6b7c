import type { Draft } from "./state/draft.ts";

/**
 * Notes when the video becomes playable: once the first segment of all renditions is verified (see shared/playlist).
 */
export function markPlayable(draft: Draft): void {
  if (draft.job.firstPlayableAtMs !== null) return;
  for (const { id, firstSegment } of draft.plan.tasks) {
    const task = firstSegment === 0 ? draft.task(id) : undefined;
    if (task !== undefined && task.verification.state !== "verified") return;
  }
  draft.patchJob({ firstPlayableAtMs: draft.nowMs });
}
