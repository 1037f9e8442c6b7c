import { z } from "zod";
import { openSealed, sealText } from "./sealed-text.ts";

/**
 * Opens one connection over HTTP requests, as long as it lasts. The Worker checks the key without asking
 * anybody: a stranger does not even wake the coordinator.
 */
const keySchema = z.object({ jobId: z.string(), connectionId: z.string() });

export function sealSocketKey(env: Cloudflare.Env, key: z.infer<typeof keySchema>): string {
  return sealText(env, "http-socket", key);
}

/** The connection's id; null for what is no key of this job. */
export function openSocketKey(env: Cloudflare.Env, text: string, jobId: string): string | null {
  const key = openSealed(env, "http-socket", text, keySchema);
  return key?.jobId === jobId ? key.connectionId : null;
}
