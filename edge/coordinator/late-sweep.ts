import { z } from "zod";
import { deleteObjects } from "../catalog/delete-video.ts";
import { parseStored } from "./parse-stored.ts";
import { CLEANUP_AFTER_MS } from "./schedule/lifecycle.ts";

const KEY = "sweep";
const sweepSchema = z.object({ videoId: z.string(), dueAtMs: z.number() });

/**
 * Empties a deleted video's folders once more after the last presigned URL has expired. Until then, an upload that was
 * allowed before the deletion may still arrive.
 */
export class LateSweep {
  readonly #ctx: DurableObjectState;
  readonly #bucket: R2Bucket;

  constructor(ctx: DurableObjectState, bucket: R2Bucket) {
    this.#ctx = ctx;
    this.#bucket = bucket;
  }

  /** @returns when it is due; an alarm is set for this time */
  plan(videoId: string, nowMs: number): number {
    const dueAtMs = nowMs + CLEANUP_AFTER_MS;
    this.#ctx.storage.kv.put(KEY, { videoId, dueAtMs });
    void this.#ctx.storage.setAlarm(dueAtMs);
    return dueAtMs;
  }

  /** To be called when the id has a job again, to which the objects then belong. */
  forget(): void {
    this.#ctx.storage.kv.delete(KEY);
  }

  /** @throws Error where storage does not answer; the platform then repeats the alarm */
  async run(nowMs: number): Promise<void> {
    const row = this.#ctx.storage.kv.get(KEY);
    if (row === undefined) return;
    const { videoId, dueAtMs } = parseStored("sweep", sweepSchema, row);
    if (dueAtMs > nowMs) {
      await this.#ctx.storage.setAlarm(dueAtMs);
      return;
    }
    await deleteObjects(this.#bucket, videoId);
    await this.#ctx.storage.deleteAll();
  }
}
