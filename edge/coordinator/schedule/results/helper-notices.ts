import { TICKS_PER_SECOND } from "../../../../shared/job/job.ts";
import { type Notice, type NoticeCode, notice } from "../../../../shared/job/notice.ts";
import { taskSegments } from "../../../../shared/job/task-parts.ts";
import { timeText } from "../../../../shared/time-text.ts";
import type { Draft } from "../state/draft.ts";

/** The site's texts for the codes that a helper may send. */
const TEXTS: Partial<Record<NoticeCode, string>> = {
  PICTURES_REPAIRED: "The source is damaged here: some pictures were repaired by guess.",
  SOUND_MISSING: "The sound is damaged here: some pieces of it are missing.",
  ENCODER_LEFT_OUT:
    "A helper's browser encodes in another way than this video began with, so x264 made its part.",
};

/**
 * The notices of a helper about its result, as codes with texts of the site. Its own text is not shown, because viewers
 * would take it for the site's.
 * @param said the helper's notices; null: all that a helper could send
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
