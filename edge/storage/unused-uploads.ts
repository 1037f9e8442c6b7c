import { log } from "../../shared/log.ts";
import { pagesBelow } from "./stored-objects.ts";
import { UPLOAD_LIFE_MS } from "./upload-handle.ts";

/** Sources of jobs lie there too: a job that began on a handle's last day is over by then. */
const KEPT_MS = UPLOAD_LIFE_MS + 3 * 24 * 3_600_000;

/**
 * Deletes uploads that nobody made a job of while their handle was good. (Those that were never
 * completed are no objects: R2 throws their parts away after a week by itself.)
 */
export async function deleteUnusedUploads(env: Cloudflare.Env, nowMs: number): Promise<void> {
  let count = 0;
  for await (const page of pagesBelow(env.MEDIA, "uploads/")) {
    const old = page.filter(({ uploaded }) => nowMs - uploaded.getTime() >= KEPT_MS);
    if (old.length > 0) await env.MEDIA.delete(old.map(({ key }) => key));
    count += old.length;
  }
  if (count > 0) log("unused-uploads", { count });
}
