import { log } from "../../shared/log.ts";
import { pagesBelow } from "./stored-objects.ts";
import { UPLOAD_LIFE_MS } from "./upload-handle.ts";

/**
 * Milliseconds for which uploads are kept. Sources of jobs are among them; a job that began on the last day of a handle
 * is over by then.
 */
const KEPT_MS = UPLOAD_LIFE_MS + 3 * 24 * 3_600_000;

/**
 * Deletes uploads for which no job was created while their handle was valid. (Uploads that were never completed are not
 * objects: R2 deletes their parts after a week.)
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
