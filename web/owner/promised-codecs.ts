import type { MadeTask } from "../../shared/holder/lease-work.ts";
import { notice } from "../../shared/job/notice.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import type { EnginePreference } from "../encoder/api.ts";
import type { TaskPool } from "../encoder/pool.ts";

const FAILED = notice(
  "BROWSER_CODECS_FAILED",
  "This browser's own codecs failed at parts of the video, so x264 made those, which took longer.",
);

/**
 * The owner's encoders. A result gets a notice where ffmpeg made pictures for which the page had promised the browser's
 * own codecs.
 *
 * @param preference the engine that the page promised
 */
export function withPromise(pool: TaskPool, preference: EnginePreference): TaskPool {
  if (preference === "ffmpeg") return pool;
  return {
    compare: (...request) => pool.compare(...request),
    async transcode(request, ...rest) {
      const made = await pool.transcode(request, ...rest);
      if (!isBroken(request.grant, made)) return made;
      return { ...made, notices: [FAILED, ...made.notices] };
    },
  };
}

/** Whether a result breaks the promise. Audio does not, and neither do video tasks with a notice of their own. */
function isBroken({ task, engine, renditions }: LeaseGrant, made: MadeTask): boolean {
  if (task.kind !== "video" || made.engine !== "ffmpeg-wasm" || engine === "ffmpeg-wasm")
    return false;
  const isLeftOut = made.notices.some(({ code }) => code === "ENCODER_LEFT_OUT");
  const isPlanned = renditions.some((each) => {
    return each.kind === "video" && each.parameterSets?.browser === null;
  });
  return !isLeftOut && !isPlanned;
}
