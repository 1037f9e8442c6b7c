import { z } from "zod";
import { deleteObjects } from "../catalog/delete-video.ts";
import { parseStored } from "./parse-stored.ts";
import { CLEANUP_AFTER_MS } from "./schedule/lifecycle.ts";

const KEY = "sweep";
const sweepSchema = z.object({ videoId: z.string(), dueAtMs: z.number() });

/**
 * Empties a deleted video's folders once more after the last signed URL has expired: until then an upload
 * that was allowed before the deletion may still arrive.
 */
export class LateSweep {
  readonly #ctx: DurableObjectState;
  readonly #bucket: R2Bucket;

  constructor(ctx: DurableObjectState, bucket: R2Bucket) {
    this.#ctx = ctx;
    this.#bucket = bucket;
  }

  /** @returns when it is due: an alarm is set for then */
  plan(videoId: string, nowMs: number): number {
    const dueAtMs = nowMs + CLEANUP_AFTER_MS;
    this.#ctx.storage.kv.put(KEY, { videoId, dueAtMs });
    void this.#ctx.storage.setAlarm(dueAtMs);
    return dueAtMs;
  }

  /** The video's id has a job again: its objects are that one's. */
  forget(): void {
    this.#ctx.storage.kv.delete(KEY);
  }

  /** @throws Error where storage does not answer: the alarm then rings again by itself */
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
