import { TICKS_PER_SECOND } from "../../../../shared/job/job.ts";
import { type Notice, type NoticeCode, notice } from "../../../../shared/job/notice.ts";
import { taskSegments } from "../../../../shared/job/task-parts.ts";
import { timeText } from "../../../../shared/time-text.ts";
import type { Draft } from "../state/draft.ts";

/** What a helper may report of its result, in the site's words. */
const TEXTS: Partial<Record<NoticeCode, string>> = {
  PICTURES_REPAIRED: "The source is damaged here: some pictures were repaired by guess.",
  SOUND_MISSING: "The sound is damaged here: some pieces of it are missing.",
  ENCODER_LEFT_OUT:
    "A helper's browser encodes in another way than this video began with, so x264 made its part.",
};

/**
 * A helper's notices of its result, with their codes alone: viewers would take its own text for the site's.
 * @param said null: all that it could have said
 */
export function helperNotices(
  draft: Pick<Draft, "plan" | "planned">,
  taskId: string,
  said: readonly Notice[] | null,
): Notice[] {
  const task = draft.planned.get(taskId);
  const [first] = task === undefined ? [] : taskSegments(draft.plan, task);
  const atSeconds = (first?.startTicks ?? 0) / TICKS_PER_SECOND;
  return Object.entries(TEXTS).flatMap(([code, text]) => {
    if (said !== null && !said.some((each) => each.code === code)) return [];
    return notice(code as NoticeCode, `${timeText(atSeconds)}: ${text}`, atSeconds);
  });
}
