import { hasEnded, TICKS_PER_SECOND } from "../../../../shared/job/job.ts";
import { notice } from "../../../../shared/job/notice.ts";
import { assembleWhenDone } from "../lifecycle.ts";
import { ban } from "../results/undo.ts";
import type { Draft } from "../state/draft.ts";
import { isProven } from "../state/records.ts";

/**
 * Bans a member of the job's pool that lied in this or another job. While the job runs, its unproven results are made
 * again. If the video is finished already, its owner gets a notice.
 */
export function banMember(draft: Draft, memberId: string): void {
  const holders = draft.holders().filter(({ pool, banned }) => {
    return pool?.memberId === memberId && !banned;
  });
  if (holders.length === 0) return;
  if (hasEnded(draft.job.state)) {
    for (const { id } of holders) draft.patchHolder(id, { banned: true });
    if (draft.job.state === "ready") tellOfDoubts(draft, new Set(holders.map(({ id }) => id)));
    return;
  }
  if (draft.job.state === "assembling") {
    const { assemble: _, ...chores } = draft.job.chores;
    draft.patchJob({ state: "running", chores });
  }
  for (const { id } of holders) ban(draft, id, null);
  assembleWhenDone(draft);
}

function tellOfDoubts(draft: Draft, holderIds: ReadonlySet<string>): void {
  const starts = [...draft.tasks()].flatMap((task) => {
    const isDoubted = task.done !== null && holderIds.has(task.done.holderId) && !isProven(task);
    const first = draft.planned.get(task.id)?.firstSegment;
    const segment = first === undefined ? undefined : draft.plan.segments[first];
    return isDoubted && segment !== undefined ? [segment.startTicks / TICKS_PER_SECOND] : [];
  });
  if (starts.length === 0) return;
  const parts = starts.length === 1 ? "one part" : `${starts.length} parts`;
  draft.tell(
    notice(
      "PARTS_DOUBTED",
      `A helper that made ${parts} of this video was later caught making wrong parts of another one. Nobody compared these parts with your file: watch them, or make the video again.`,
      Math.min(...starts),
    ),
  );
}
